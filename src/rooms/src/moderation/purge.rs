//! Rooms go away, with all that is stored of them.

use ruma::{OwnedUserId, RoomId};
use store::{
    moderation::{
        self, ListedRoom,
        purge::{self, Begun, Condition},
    },
    rooms::{Membership, members_of_room},
};

use crate::{Error, Result, Rooms};

/// Rows that one write deletes, so that others need not wait for long.
const ROWS: i64 = 1_000;
/// How long the writer is left to others between two writes.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
/// How often all are made to leave, where others join meanwhile.
const ATTEMPTS: usize = 20;
/// Memberships that one can leave.
const PRESENT: [Membership; 3] = [Membership::Join, Membership::Invite, Membership::Knock];

/// A page of a list of rooms.
#[derive(Clone, Debug)]
pub struct RoomPage {
    /// The rooms, and whether each is blocked.
    pub rooms: Vec<(ListedRoom, bool)>,
    /// After which number the next page begins.
    pub next: Option<i64>,
}

impl Rooms {
    /// A page of all rooms, those with numbers above `after`.
    pub async fn list(&self, after: i64, limit: usize) -> Result<RoomPage> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.reading(move |_, conn| {
            let rooms = moderation::list_rooms(conn, after, limit)?;
            let ids: Vec<String> = rooms.iter().map(|room| room.room_id.clone()).collect();
            let blocked = moderation::blocked(conn, &ids)?;
            let full = i64::try_from(rooms.len()).is_ok_and(|found| found >= limit);
            let next = rooms.last().map(|room| room.nid).filter(|_| full);
            let rooms = rooms.into_iter().map(|room| {
                let is_blocked = blocked.contains(&room.room_id);
                (room, is_blocked)
            });
            Ok(RoomPage { rooms: rooms.collect(), next })
        })
        .await
    }

    /// Deletes a room: all users of this server leave it, it is forgotten, and its rows go, which may take a while after
    /// this returns. Says the room's number, by which [`Rooms::purge_status`] tells when it is over. What other servers
    /// have of the room is theirs.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn purge(&self, room_id: &RoomId) -> Result<i64> {
        let room = self.room(room_id).await?.nid;
        // Whoever joins between the leaves and the end must leave, too.
        for _ in 0..ATTEMPTS {
            let stuck = self.make_all_leave(room, room_id).await?;
            if self.begin_purge(room, room_id, Condition::LeftByAllBut(stuck)).await? {
                let rooms = self.clone();
                self.inner.runtime.spawn(async move { rooms.finish_purges_or_say().await });
                return Ok(room);
            }
        }
        Err(Error::Unavailable("people keep joining the room; block it, and try again".into()))
    }

    /// Whether a room that was deleted is all gone.
    ///
    /// # Errors
    /// [`Error::NotFound`] where no room of this number was deleted, or long ago.
    pub async fn purge_status(&self, room: i64) -> Result<bool> {
        let finished = self.inner.store.read(move |conn| purge::is_finished(conn, room)).await?;
        finished.ok_or_else(|| Error::NotFound("nothing is being deleted under this id".into()))
    }

    /// Deletes what is left of rooms that are gone. Where that is being done already it waits until it is over.
    pub async fn finish_purges(&self) -> Result<()> {
        let _only_one = self.inner.purging.lock().await;
        for (room, room_id) in self.inner.store.read(purge::unfinished).await? {
            loop {
                let now = self.inner.clock.now_ms();
                if !self.inner.store.write(move |tx| purge::step(tx, room, ROWS, now)).await? {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
            tracing::info!(room_id, "a room has been deleted");
        }
        Ok(())
    }

    /// Deletes rooms that everybody of this server has left and forgotten, those that somebody wanted to enter in vain, and
    /// what is left of others. To be called now and then.
    pub async fn purge_forgotten(&self) -> Result<()> {
        self.finish_purges().await?;
        let ending = self.ending();
        let mut after = 0;
        loop {
            let ending = ending.clone();
            let page =
                self.inner.store.slow_snapshot(move |conn, _| moderation::forgotten_rooms(conn, &ending, after, ROWS));
            let (rooms, next) = page.await?;
            for room in rooms {
                let Ok(room_id) = RoomId::parse(room.room_id.as_str()) else { continue };
                if self.inner.entering.lock().contains(&room_id) {
                    continue;
                }
                // Somebody may have come back meanwhile; then it stays.
                match self.begin_purge(room.nid, &room_id, Condition::Forgotten).await {
                    Ok(_) | Err(Error::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            self.finish_purges().await?;
            let Some(next) = next else { return Ok(()) };
            after = next;
        }
    }

    /// Takes the room away if the condition holds, and says whether it did.
    async fn begin_purge(&self, room: i64, room_id: &RoomId, condition: Condition) -> Result<bool> {
        let ending = self.ending();
        match self.inner.store.write(move |tx| purge::begin(tx, room, &ending, &condition)).await? {
            Begun::Unknown => Err(Error::NotFound("this server does not know the room".into())),
            Begun::StillThere => Ok(false),
            Begun::Gone => {
                self.inner.nids.remove(room_id);
                self.inner.entered.remove(room_id);
                tracing::info!(%room_id, "a room is being deleted");
                Ok(true)
            }
        }
    }

    async fn finish_purges_or_say(&self) {
        if let Err(error) = self.finish_purges().await {
            tracing::warn!(%error, "a room could not be deleted whole; it is tried again within the hour");
        }
    }

    /// How ids of our users end.
    fn ending(&self) -> String {
        format!(":{}", self.inner.server_name)
    }

    /// Says who could not leave.
    async fn make_all_leave(&self, room: i64, room_id: &RoomId) -> Result<Vec<String>> {
        let present = self.inner.store.read(move |conn| members_of_room(conn, room, &PRESENT)).await?;
        let ours = present.into_iter().filter_map(|member| OwnedUserId::try_from(member.user_id).ok());
        let mut stuck = Vec::new();
        for user in ours.filter(|user| self.is_local(user)) {
            match self.leave(room_id, &user, None).await {
                Ok(()) => {}
                Err(error) if error.may_pass() => return Err(error),
                // It goes all the same.
                Err(error) => {
                    tracing::warn!(%room_id, %error, "somebody could not leave a room that is being deleted");
                    stuck.push(user.to_string());
                }
            }
        }
        Ok(stuck)
    }
}

//! Joins of our users.

use std::time::Duration;

use ruma::{OwnedRoomId, OwnedServerName, OwnedUserId, RoomId, UserId};
use store::{accounts::users, moderation};
use tokio::time::Instant;

use super::failure::Failure;
use crate::{Error, Federation, Result};

/// After this long no further server is tried.
const PATIENCE: Duration = Duration::from_secs(120);

impl Federation {
    /// Joins a user of ours to a room, here or elsewhere. Who is joined already stays so. It goes on when the caller does
    /// not wait for it any more.
    ///
    /// * `via`: servers that may be in the room.
    ///
    /// # Errors
    /// What [`Rooms::join`](rooms::Rooms::join) says; [`Error::NotFound`] where no server is known that is in the room;
    /// otherwise what tells most of why none of them could help.
    pub async fn join(
        &self,
        room_id: &RoomId,
        user: &UserId,
        via: Vec<OwnedServerName>,
        reason: Option<String>,
    ) -> Result<()> {
        let (federation, room_id, user) = (self.clone(), room_id.to_owned(), user.to_owned());
        let join = async move { federation.join_anywhere(room_id, user, via, reason).await };
        self.inner.runtime.spawn(join).await.map_err(|error| Error::Internal(error.to_string()))?
    }

    async fn join_anywhere(
        self,
        room_id: OwnedRoomId,
        user: OwnedUserId,
        via: Vec<OwnedServerName>,
        reason: Option<String>,
    ) -> Result<()> {
        let rooms = &self.inner.rooms;
        let open = rooms.foreign_member(&user, &room_id).await?.filter(|member| member.is_open());
        let mut refusal = None;
        let mut turn = None;
        loop {
            if rooms.is_resident(&room_id).await? {
                match rooms.join(&room_id, &user, reason.clone()).await {
                    Err(error) if others_may(&error, open.is_some()) => refusal = Some(error),
                    outcome => return Ok(outcome?),
                }
            }
            // While this one waited, another may have brought the room here.
            if turn.is_some() {
                break;
            }
            turn = Some(self.inner.turns.wait(&room_id).await);
        }
        let candidates = self.candidates(&room_id, via, open.as_ref()).await?;
        if let Some(error) = refusal.take_if(|_| candidates.is_empty()) {
            return Err(rooms::Error::Forbidden(error.to_string()).into());
        }
        self.check_may_enter(&room_id, &user).await?;
        let (started, mut failure) = (Instant::now(), Failure::default());
        for server in candidates {
            match self.join_through(&server, &room_id, &user, reason.clone()).await {
                Ok(()) => return Ok(()),
                Err(error) => failure.note(&server, error),
            }
            if started.elapsed() > PATIENCE {
                break;
            }
        }
        Err(failure.into_error())
    }

    /// What keeps a user out of rooms elsewhere: that the operator has blocked the room, or that they are a guest.
    pub(super) async fn check_may_enter(&self, room_id: &RoomId, user: &UserId) -> Result<()> {
        let (room_id, user) = (room_id.to_string(), user.to_string());
        let read = self
            .inner
            .store
            .read(move |conn| Ok((moderation::is_blocked(conn, &room_id)?, users::is_guest(conn, &user)?)));
        match read.await? {
            (true, _) => Err(Error::Forbidden("this room has been blocked on this server".into())),
            (_, true) => Err(Error::Forbidden("guests may not enter rooms on other servers".into())),
            _ => Ok(()),
        }
    }
}

/// Whether another server may let in whom this one cannot.
fn others_may(error: &rooms::Error, invited: bool) -> bool {
    match error {
        rooms::Error::UnableToAuthoriseJoin | rooms::Error::UnableToGrantJoin => true,
        // The invite has not reached the room here.
        rooms::Error::Forbidden(_) => invited,
        _ => false,
    }
}

//! What users tell of themselves beside events: that they type, and that they are there.

use std::{collections::HashSet, sync::Arc, time::Duration};

use accounts::Session;
use ruma::{RoomId, UserId};
use store::{
    accounts::user_directory::sharing_a_room,
    rooms::{Membership, joined_anywhere, member, room_by_id},
};
use tokio::sync::broadcast;

use crate::{EphemeralChange, Error, Follower, HeardPresence, PresenceContent, PresenceState, Result, Syncs};

/// The longest that a user types without saying so again.
const LONGEST_TYPING: Duration = Duration::from_secs(120);
/// Bytes of what a user says of themselves.
const STATUS_BYTES: usize = 2_048;

/// Somebody syncs; no more when this is dropped.
pub(crate) struct Connected {
    follower: Arc<Follower>,
    clock: Arc<dyn peerbrain_core::clock::Clock>,
    session: Arc<Session>,
}

impl Drop for Connected {
    fn drop(&mut self) {
        let (user, device, now) = (self.session.user_id.as_str(), &self.session.device_id, self.clock.now_ms());
        self.follower.ephemeral.presences(|presences| presences.disconnected(user, device, now));
    }
}

impl Syncs {
    /// Says that a user types in a room for so long (at most two minutes), or that they do not.
    ///
    /// # Errors
    /// 403 for who is not joined.
    pub async fn set_typing(&self, user_id: &UserId, room_id: &RoomId, typing: Option<Duration>) -> Result<()> {
        let (user, id) = (user_id.to_string(), room_id.to_string());
        let room = self.inner.sources.rooms.store().read(move |conn| {
            let Some(room) = room_by_id(conn, &id)? else { return Ok(None) };
            let member = member(conn, room.nid, &user)?;
            Ok(member.filter(|member| member.membership() == Membership::Join).map(|member| member.room))
        });
        let Some(room) = room.await? else {
            return Err(rooms::Error::Forbidden("you are not a member of the room".into()).into());
        };
        let follower = &self.inner.sources.follower;
        let changed = match typing {
            Some(time) => follower.ephemeral.type_for(room, user_id.as_str(), time.min(LONGEST_TYPING)),
            None => follower.ephemeral.stop_typing(room, user_id.as_str()),
        };
        if let Some(serial) = changed {
            follower.watches.tell_room(room, serial);
        }
        // It may run out before anything else is due.
        if typing.is_some() {
            follower.news.notify_one();
        }
        Ok(())
    }

    /// Hears from now on of what changes in memory only, of our users and of others: for those who tell other servers.
    pub fn changes(&self) -> broadcast::Receiver<EphemeralChange> {
        self.inner.sources.follower.ephemeral.changes()
    }

    /// Sets the presence of a user as it shows on this device, and what they say of themselves. Without presence this
    /// does nothing.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a text that is too long; what the database says.
    pub async fn set_presence(
        &self,
        session: &Session,
        state: PresenceState,
        status_msg: Option<String>,
    ) -> Result<()> {
        let status_msg = status_msg.filter(|text| !text.is_empty());
        if status_msg.as_ref().is_some_and(|text| text.len() > STATUS_BYTES || text.contains('\0')) {
            return Err(Error::InvalidParam("status_msg may have 2048 bytes, and none that is zero".into()));
        }
        let follower = &self.inner.sources.follower;
        let (user, device, now) = (session.user_id.as_str(), &session.device_id, self.inner.clock.now_ms());
        let unsaved = follower.ephemeral.presences(|presences| presences.set(user, device, state, status_msg, now));
        follower.news.notify_one();
        if let Some(row) = unsaved {
            let rows = [row];
            self.inner.sources.rooms.store().write(move |tx| store::presence::save(tx, &rows)).await?;
        }
        Ok(())
    }

    /// Takes note of what another server says of users of its own. Those who are in no room here concern nobody.
    ///
    /// # Errors
    /// What the database says.
    pub async fn hear_presence(&self, mut heard: Vec<HeardPresence>) -> Result<()> {
        heard.retain_mut(|heard| {
            heard.status_msg.take_if(|text| text.is_empty() || text.contains('\0'));
            heard.status_msg.as_ref().is_none_or(|text| text.len() <= STATUS_BYTES)
        });
        let users: Vec<String> = heard.iter().map(|heard| heard.user_id.to_string()).collect();
        let joined = self.inner.sources.rooms.store().read(move |conn| joined_anywhere(conn, &users)).await?;
        let joined: HashSet<String> = joined.into_iter().collect();
        heard.retain(|heard| joined.contains(heard.user_id.as_str()));
        let (follower, now) = (&self.inner.sources.follower, self.inner.clock.now_ms());
        follower.ephemeral.presences(|presences| heard.into_iter().for_each(|heard| presences.hear(heard, now)));
        follower.news.notify_one();
        Ok(())
    }

    /// The presence of a user, as another may see it who shares a room with them.
    ///
    /// # Errors
    /// 403 for who shares none.
    pub async fn presence(&self, reader: &UserId, of: &UserId) -> Result<PresenceContent> {
        if reader != of {
            let (reader, candidates) = (reader.to_string(), [of.to_string()]);
            let store = self.inner.sources.rooms.store();
            let sharing = store.read(move |conn| sharing_a_room(conn, &reader, &candidates)).await?;
            if sharing.is_empty() {
                return Err(rooms::Error::Forbidden("you share no room with this user".into()).into());
            }
        }
        let now = self.inner.clock.now_ms();
        Ok(self.inner.sources.follower.ephemeral.presences(|presences| presences.get(of.as_str(), now)))
    }

    /// A user did something other than sending an event, which is noticed anyhow.
    pub fn active(&self, session: &Session) {
        let (user, device, now) = (session.user_id.as_str(), session.device_id.as_str(), self.inner.clock.now_ms());
        self.inner.sources.follower.ephemeral.presences(|presences| presences.active(user, device, now));
    }

    /// Notes that a device syncs, as long as what this gives is kept.
    pub(crate) fn connect(&self, session: &Arc<Session>, state: PresenceState) -> Option<Connected> {
        let (follower, clock) = (&self.inner.sources.follower, &self.inner.clock);
        let (user, device, now) = (session.user_id.as_str(), &session.device_id, clock.now_ms());
        let is_new = follower.ephemeral.presences(|presences| {
            let was = presences.is_touched();
            presences.connected(user, device, state, now).then_some(!was)
        })?;
        if is_new {
            follower.news.notify_one();
        }
        Some(Connected { follower: follower.clone(), clock: clock.clone(), session: session.clone() })
    }
}

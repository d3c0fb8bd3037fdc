//! Rejected events. One is kept, so that what names it can be judged; but whoever is in a room can make any number of them.
//! So of each server and room only some are, and by and by more.
//!
//! What comes beyond that is judged and let go, as if it had never come. Nothing is lost by it: where another event names
//! it, it is missing there, is asked for as anything that is missing, and judged again.

use std::time::{Duration, Instant};

use events::VerifiedPdu;
use peerbrain_core::Buckets;
use rooms::Received;
use ruma::{OwnedRoomId, OwnedServerName, RoomId, ServerName};

use crate::history::History;

/// So many are kept at once: more than a gap and some transactions have,
const AT_ONCE: u32 = 500;

/// and one more whenever so much time has passed.
const EACH: Duration = Duration::from_secs(60);

/// A server and a room.
type Of = (OwnedServerName, OwnedRoomId);

/// What is kept of whom.
pub(super) struct Rejected(Buckets<Of>);

impl Default for Rejected {
    fn default() -> Self {
        Self(Buckets::new(AT_ONCE, EACH))
    }
}

impl History {
    /// Gives an event to the lane that a server of the room has sent or told.
    ///
    /// # Errors
    /// As for [`Rooms::receive`](rooms::Rooms::receive), and [`rooms::Error::Forbidden`] for one that is rejected where
    /// enough of that server are kept.
    pub async fn receive_of(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        pdu: VerifiedPdu,
    ) -> Result<Received, rooms::Error> {
        let of = (server.to_owned(), room_id.to_owned());
        if !self.rejected.0.take(&of, 1, Instant::now()) {
            return self.rooms().receive_from_outside(room_id, pdu).await;
        }
        let received = self.rooms().receive(room_id, pdu).await;
        if !matches!(received, Ok(Received::Rejected(_))) {
            self.rejected.0.give_back(&of, 1, Instant::now());
        }
        received
    }

    /// Whether a rejected event of this server would be kept.
    pub fn keeps_rejected(&self, server: &ServerName, room_id: &RoomId) -> bool {
        self.rejected.0.is_left(&(server.to_owned(), room_id.to_owned()), Instant::now())
    }

    /// Notes that an event was kept that came by another way.
    pub fn note_rejected(&self, server: &ServerName, room_id: &RoomId) {
        self.rejected.0.take(&(server.to_owned(), room_id.to_owned()), 1, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ruma::{UserId, server_name};
    use store::rooms::EventFlags;

    use super::*;
    use crate::{
        incoming::tests::world::worlds,
        testing::{Draft, message},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn beyond_some_they_are_kept_where_they_are_named() {
        worlds(async |world| {
            let eve = UserId::parse("@eve:b").unwrap();
            let said = |text| world.peer.make(&[&world.last], Draft { sender: eve.clone(), ..message(text) });
            let (kept, dropped) = (said("kept"), said("dropped"));
            assert_eq!(world.send(&[&kept]).await[kept.event_id()], Ok(()));
            let rejected = &world.server.federation.inner.history.rejected.0;
            let of = (server_name!("b").to_owned(), world.room_id.clone());
            while rejected.take(&of, 1, Instant::now()) {}
            let answer = world.send(&[&kept, &dropped]).await;
            assert_eq!(answer[kept.event_id()], Ok(()), "what is known stays known");
            assert!(answer[dropped.event_id()].is_err());
            assert!(world.flags(dropped.event_id()).await.is_none());
            let next = world.peer.make(&[dropped.event_id(), &world.last], message("next"));
            (0..5).for_each(|_| rejected.give_back(&of, 1, Instant::now()));
            assert_eq!(world.send(&[&next]).await[next.event_id()], Ok(()));
            world.comes(next.event_id()).await;
            assert!(world.flags(dropped.event_id()).await.unwrap().has(EventFlags::REJECTED));
        })
        .await;
    }
}

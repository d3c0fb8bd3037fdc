//! Rejected events. One is kept, so that what names it can be judged; but whoever is in a room can make any number of them.
//! So of each server and room only some are, and by and by more.
//!
//! What comes beyond that is judged and let go, as if it had never come. Nothing is lost by it: where another event names
//! it, it is missing there, is asked for as anything that is missing, and judged again.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use events::VerifiedPdu;
use parking_lot::Mutex;
use rooms::Received;
use ruma::{OwnedRoomId, OwnedServerName, RoomId, ServerName};

use crate::history::History;

/// So many are kept at once: more than a gap and some transactions have,
const AT_ONCE: u32 = 500;

/// and one more whenever so much time has passed.
const EACH: Duration = Duration::from_secs(60);

/// From so many on it is looked which need not be remembered any more.
const MANY: usize = 1_000;

/// A server and a room.
type Of = (OwnedServerName, OwnedRoomId);

/// When as many can be kept again of each as at the beginning. Of whom nothing stands here that is so now.
#[derive(Default)]
pub(super) struct Rejected(Mutex<HashMap<Of, Instant>>);

impl Rejected {
    /// Takes a place for an event that may be rejected, if there is one.
    fn take(&self, of: &Of, now: Instant) -> bool {
        let mut full_at = self.0.lock();
        if full_at.len() >= MANY {
            full_at.retain(|_, at| *at > now);
        }
        let at = full_at.get(of).copied().unwrap_or(now).max(now) + EACH;
        let is_left = at <= now + EACH * AT_ONCE;
        if is_left {
            full_at.insert(of.clone(), at);
        }
        is_left
    }

    /// Gives it back, because the event was not rejected.
    fn give_back(&self, of: &Of, now: Instant) {
        let mut full_at = self.0.lock();
        match full_at.get(of).and_then(|at| at.checked_sub(EACH)).filter(|at| *at > now) {
            Some(at) => drop(full_at.insert(of.clone(), at)),
            None => drop(full_at.remove(of)),
        }
    }

    fn is_left(&self, of: &Of, now: Instant) -> bool {
        self.0.lock().get(of).is_none_or(|at| *at + EACH <= now + EACH * AT_ONCE)
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
        if !self.rejected.take(&of, Instant::now()) {
            return self.rooms().receive_from_outside(room_id, pdu).await;
        }
        let received = self.rooms().receive(room_id, pdu).await;
        if !matches!(received, Ok(Received::Rejected(_))) {
            self.rejected.give_back(&of, Instant::now());
        }
        received
    }

    /// Whether a rejected event of this server would be kept.
    pub fn keeps_rejected(&self, server: &ServerName, room_id: &RoomId) -> bool {
        self.rejected.is_left(&(server.to_owned(), room_id.to_owned()), Instant::now())
    }

    /// Notes that an event was kept that came by another way.
    pub fn note_rejected(&self, server: &ServerName, room_id: &RoomId) {
        self.rejected.take(&(server.to_owned(), room_id.to_owned()), Instant::now());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ruma::{UserId, room_id, server_name};
    use store::rooms::EventFlags;

    use super::*;
    use crate::{
        incoming::tests::world::worlds,
        testing::{Draft, message},
    };

    #[test]
    fn there_is_more_by_and_by() {
        let (rejected, now) = (Rejected::default(), Instant::now());
        let [of, other] = ["!a:a", "!b:a"].map(|room| (server_name!("b").to_owned(), RoomId::parse(room).unwrap()));
        assert!((0..AT_ONCE).all(|_| rejected.take(&of, now)));
        assert!(!rejected.take(&of, now) && !rejected.is_left(&of, now));
        assert!(rejected.take(&other, now));
        rejected.give_back(&other, now);
        assert_eq!(rejected.0.lock().len(), 1, "of whom nothing is kept nothing is remembered");
        assert!(rejected.take(&of, now + EACH));
        assert!(!rejected.take(&of, now + EACH));
        rejected.give_back(&of, now + EACH);
        assert!(rejected.is_left(&of, now + EACH));
        assert!((0..AT_ONCE).all(|_| rejected.take(&of, now + EACH * 2 * AT_ONCE)));
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let (rejected, now) = (Rejected::default(), Instant::now());
        for number in 0..MANY {
            let server = ServerName::parse(format!("s{number}")).unwrap();
            assert!(rejected.take(&(server, room_id!("!a:a").to_owned()), now));
        }
        rejected.take(&(server_name!("b").to_owned(), room_id!("!a:a").to_owned()), now + EACH);
        assert_eq!(rejected.0.lock().len(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn beyond_some_they_are_kept_where_they_are_named() {
        worlds(async |world| {
            let eve = UserId::parse("@eve:b").unwrap();
            let said = |text| world.peer.make(&[&world.last], Draft { sender: eve.clone(), ..message(text) });
            let (kept, dropped) = (said("kept"), said("dropped"));
            assert_eq!(world.send(&[&kept]).await[kept.event_id()], Ok(()));
            let rejected = &world.server.federation.inner.history.rejected;
            let of = (server_name!("b").to_owned(), world.room_id.clone());
            while rejected.take(&of, Instant::now()) {}
            let answer = world.send(&[&kept, &dropped]).await;
            assert_eq!(answer[kept.event_id()], Ok(()), "what is known stays known");
            assert!(answer[dropped.event_id()].is_err());
            assert!(world.flags(dropped.event_id()).await.is_none());
            let next = world.peer.make(&[dropped.event_id(), &world.last], message("next"));
            (0..5).for_each(|_| rejected.give_back(&of, Instant::now()));
            assert_eq!(world.send(&[&next]).await[next.event_id()], Ok(()));
            world.comes(next.event_id()).await;
            assert!(world.flags(dropped.event_id()).await.unwrap().has(EventFlags::REJECTED));
        })
        .await;
    }
}

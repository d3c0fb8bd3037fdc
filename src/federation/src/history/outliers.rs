//! Outliers: events that others name, and that get no place here. A server can tell any number of them, made up for us: as a
//! state, or as what has allowed an event. Nobody sees them, and nobody would ever miss them. So of each server only so many
//! bytes of them are taken, and by and by more; what it cannot tell then another server is asked for.

use std::time::{Duration, Instant};

use events::VerifiedPdu;
use peerbrain_core::Buckets;
use rooms::Received;
use ruma::{OwnedRoomId, OwnedServerName};

use crate::{
    Error, Result,
    history::{Asked, History},
};

/// Bytes that one server tells of one room at once: the largest state that is taken,
const OF_ROOM: u32 = 64 << 20;
/// and one more whenever so much time has passed: 84 megabytes a day.
const EACH_OF_ROOM: Duration = Duration::from_nanos(1_000_000_000 / 1_024);

/// Bytes that one server tells at once of all rooms,
const OF_SERVER: u32 = 512 << 20;
/// and one more whenever so much time has passed.
const EACH_OF_SERVER: Duration = Duration::from_nanos(1_000_000_000 / 8_192);

/// What is left of whom.
pub(super) struct Outliers {
    of_rooms: Buckets<(OwnedServerName, OwnedRoomId)>,
    of_servers: Buckets<OwnedServerName>,
}

impl Default for Outliers {
    fn default() -> Self {
        let (of_rooms, of_servers) = (Buckets::new(OF_ROOM, EACH_OF_ROOM), Buckets::new(OF_SERVER, EACH_OF_SERVER));
        Self { of_rooms, of_servers }
    }
}

impl Outliers {
    /// Takes so many bytes of what is left, if they are.
    fn take(&self, asked: Asked<'_>, bytes: u32) -> bool {
        let (server, room, now) = (asked.server.to_owned(), asked.room_id.to_owned(), Instant::now());
        if !self.of_servers.take(&server, bytes, now) {
            return false;
        }
        let of_room = (server, room);
        let is_left = self.of_rooms.take(&of_room, bytes, now);
        if !is_left {
            self.of_servers.give_back(&of_room.0, bytes, now);
        }
        is_left
    }

    fn give_back(&self, asked: Asked<'_>, bytes: u32) {
        let (server, now) = (asked.server.to_owned(), Instant::now());
        self.of_servers.give_back(&server, bytes, now);
        self.of_rooms.give_back(&(server, asked.room_id.to_owned()), bytes, now);
    }
}

impl History {
    /// Stores events that a server tells as outliers; they are not here yet.
    ///
    /// # Errors
    /// As for [`Rooms::add_outliers`](rooms::Rooms::add_outliers), and [`Error::BadAnswer`] where these are too many.
    pub(super) async fn store_outliers(&self, asked: Asked<'_>, events: &[VerifiedPdu]) -> Result<Vec<Received>> {
        if !self.outliers.take(asked, bytes(events.iter())) {
            let reason = "more events without a place in the room than are taken of one server".to_owned();
            return Err(Error::BadAnswer { server: asked.server.to_owned(), reason });
        }
        let received = self.rooms().add_outliers(asked.room_id, events.to_vec()).await?;
        let left_out = events.iter().zip(&received).filter(|(_, one)| matches!(one, Received::Missing(_)));
        self.outliers.give_back(asked, bytes(left_out.map(|(event, _)| event)));
        Ok(received)
    }
}

fn bytes<'e>(events: impl Iterator<Item = &'e VerifiedPdu>) -> u32 {
    u32::try_from(events.map(|event| event.pdu().json().len()).sum::<usize>()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ruma::server_name;
    use serde_json::json;

    use super::*;
    use crate::{
        history::Told,
        incoming::tests::world::worlds,
        testing::{message, state},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_tells_states_without_end() {
        worlds(async |world| {
            // More than is ever fetched, so that the state at its beginning must be told.
            let lost = world.peer.make(&[&world.last], message("lost"));
            world.peer.hide(lost.event_id());
            let note = world.peer.make(&[lost.event_id()], state("org.example.note", "", json!({})));
            let line = world.peer.line(note.event_id(), 600);

            let history = &world.server.federation.inner.history;
            let of = (server_name!("b").to_owned(), world.room_id.clone());
            let soon = Instant::now() + Duration::from_secs(300);
            assert!(history.outliers.of_rooms.take(&of, OF_ROOM, soon));
            world.send(&[&line[598]]).await;
            world.settles(1).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert!(!world.is_here(line[598].event_id()).await);
            assert!(world.flags(note.event_id()).await.is_none(), "nothing more is kept of what it tells");

            history.outliers.of_rooms.give_back(&of, OF_ROOM, Instant::now());
            world.send(&[&line[599]]).await;
            world.comes(line[599].event_id()).await;
            assert!(world.flags(note.event_id()).await.is_some());
            let left = Instant::now() + Duration::from_secs(1);
            assert!(!history.outliers.of_rooms.take(&of, OF_ROOM, left), "what is kept counts");
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_not_kept_does_not_count() {
        worlds(async |world| {
            let history = &world.server.federation.inner.history;
            let nothing = world.peer.make(&[&world.last], state("org.example.note", "", json!({})));
            let then = world.peer.elsewhere(&world.room_id, message("then"), vec![nothing.event_id().to_owned()]);
            let asked = Asked {
                room_id: &world.room_id,
                rules: world.peer.rules,
                server: server_name!("b"),
                told: Told::Whole,
            };
            let received = history.store_outliers(asked, &[then]).await.unwrap();
            assert!(matches!(received.first(), Some(Received::Missing(_))), "{received:?}");
            assert!(history.outliers.take(asked, OF_ROOM));
            assert!(!history.outliers.take(asked, OF_ROOM));
            let other = Asked { server: server_name!("c"), ..asked };
            assert!(history.outliers.take(other, OF_ROOM));
            let rooms =
                (0..7).all(|_| history.outliers.of_servers.take(&other.server.to_owned(), OF_ROOM, Instant::now()));
            assert!(rooms && !history.outliers.of_servers.take(&other.server.to_owned(), OF_ROOM, Instant::now()));
        })
        .await;
    }
}

//! A server with a room, in which a user of another server has joined.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use events::{VerifiedPdu, version};
use ruma::{
    EventId, OwnedEventId, OwnedRoomId, RoomVersionId, api::federation::transactions::edu::Edu, serde::Raw, server_name,
};
use serde_json::{json, value::RawValue};
use store::{
    federation::staged,
    rooms::EventFlags,
    testing::{Database, each},
};

use crate::{
    Answer, Result, Transaction,
    testing::{Keys, Peer, Server, raw, state},
};

/// The room versions in which events of others are tried.
pub const VERSIONS: [RoomVersionId; 2] = [RoomVersionId::V11, RoomVersionId::V12];

/// How often is looked whether something has come about: for a minute, as machines may be slow.
pub const LOOKS: usize = 2_400;

pub struct World {
    pub server: Server,
    pub peer: Arc<Peer>,
    pub room_id: OwnedRoomId,
    /// Bob's join.
    pub last: OwnedEventId,
    pub database: Database,
    transactions: AtomicUsize,
}

/// Runs a test on each database, in a room of each version.
pub async fn worlds(test: impl AsyncFn(World)) {
    for version in VERSIONS {
        each(async |database| test(World::on(database, &version).await).await).await;
    }
}

impl World {
    async fn on(database: Database, version: &RoomVersionId) -> Self {
        let peer = Peer::new(version::rules(version).unwrap());
        let server = Server::on(&database, peer.clone(), Keys::new());
        let room_id = server.public_room(version).await;
        let newest = peer.learn(&server.rooms, &room_id).await;
        let join = peer.make(&[&newest], state("m.room.member", "@bob:b", json!({ "membership": "join" })));
        let last = join.event_id().to_owned();
        let world = Self { server, peer, room_id, last, database, transactions: AtomicUsize::new(0) };
        assert_eq!(world.send(&[&join]).await[&world.last], Ok(()));
        world
    }

    /// The same server, started again.
    pub async fn restarted(self) -> Self {
        let Self { server, peer, room_id, last, database, transactions } = self;
        server.rooms.store().close().await;
        drop(server);
        let server = Server::on(&database, peer.clone(), Keys::new());
        Self { server, peer, room_id, last, database, transactions }
    }

    /// `b` sends events.
    pub async fn send(&self, events: &[&VerifiedPdu]) -> Answer {
        self.send_raw(events.iter().map(|event| raw(event)).collect()).await
    }

    /// `b` sends what may be no events.
    pub async fn send_raw(&self, pdus: Vec<Box<RawValue>>) -> Answer {
        let id = self.transactions.fetch_add(1, Ordering::SeqCst);
        self.transaction(&id.to_string(), pdus, Vec::new()).await.unwrap()
    }

    pub async fn transaction(&self, id: &str, pdus: Vec<Box<RawValue>>, edus: Vec<Raw<Edu>>) -> Result<Answer> {
        let transaction = Transaction { id: id.into(), pdus, edus };
        self.server.federation.receive_transaction(server_name!("b"), transaction).await
    }

    /// What is known of an event, if anything is.
    pub async fn flags(&self, id: &EventId) -> Option<EventFlags> {
        self.server.rooms.known(&self.room_id, &[id.to_owned()]).await.unwrap().remove(id)
    }

    /// Whether an event has its place in the room.
    pub async fn is_here(&self, id: &EventId) -> bool {
        self.flags(id).await.is_some_and(|flags| flags.is_visible())
    }

    /// Waits until an event has its place in the room.
    pub async fn comes(&self, id: &EventId) {
        for _ in 0..LOOKS {
            if self.is_here(id).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{id} does not come");
    }

    /// Waits until the other server was asked for the events that it keeps silent about.
    pub async fn is_asked_in_vain(&self) {
        for _ in 0..LOOKS {
            if self.peer.silent.load(Ordering::SeqCst) == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("nobody asks: {:?}", self.peer.asked);
    }

    /// How many events wait.
    pub async fn waiting(&self) -> usize {
        let id = self.room_id.to_string();
        let read = self.server.rooms.store().read(move |conn| staged::first(conn, &id, 0, 1_000));
        read.await.unwrap().len()
    }

    /// Waits until no more than this many events wait.
    pub async fn settles(&self, most: usize) {
        for _ in 0..LOOKS {
            if self.waiting().await <= most {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{} events wait", self.waiting().await);
    }

    /// The ids of the room's newest events.
    pub async fn heads(&self) -> Vec<OwnedEventId> {
        let mut heads = self.server.rooms.forward_extremities(&self.room_id).await.unwrap();
        heads.sort();
        heads
    }
}

//! A server that receives the events of a model.

use std::sync::Arc;

use events::{SigningKey, VerifiedPdu};
use futures_util::future::join_all;
use peerbrain_core::{clock::ManualClock, random::SeededRandom};
use ruma::{EventId, OwnedRoomId, RoomVersionId, ServerName, server_name};
use store::{
    Store,
    rooms::{RoomRow, StoredEvent, event_by_id, room_by_id},
    testing::{Database, each},
};

use super::model::{Model, NOW};
use crate::{
    EventCache, Options, Received, Rooms,
    lane::{NewRoom, Work},
    testing,
};

/// A server and the model's room on it.
pub struct World {
    pub rooms: Rooms,
    pub room_id: OwnedRoomId,
    _database: Database,
}

impl World {
    /// The server of alice, with the first event of her room.
    pub async fn of(model: &Model) -> Self {
        Self::on(model, server_name!("a"), Database::sqlite()).await
    }

    /// The same with all events of the model, on each database.
    pub async fn each(model: &Model, test: impl AsyncFn(Self)) {
        each(async |database| {
            let world = Self::on(model, server_name!("a"), database).await;
            for event in model.events.iter().skip(1) {
                world.receive(&event.event).await;
            }
            test(world).await;
        })
        .await;
    }

    /// A server that adds nothing of its own.
    pub async fn of_others(model: &Model) -> Self {
        Self::on(model, server_name!("elsewhere"), Database::sqlite()).await
    }

    async fn on(model: &Model, name: &ServerName, database: Database) -> Self {
        let events = EventCache::new(1_000_000);
        let options =
            store::Options { server_name: name.to_string(), observers: vec![events.clone()], ..database.options() };
        let (store, clock) = (Store::open(options).unwrap(), ManualClock::at(NOW));
        let rooms = Rooms::new(Options {
            accounts: testing::accounts(&store, name, &clock),
            store,
            server_name: name.to_owned(),
            key: Arc::new(SigningKey::generate([1; 32]).unwrap()),
            clock: Arc::new(clock),
            random: Arc::new(SeededRandom::new(1)),
            events,
            state_cache: 1_000_000,
            default_version: RoomVersionId::V11,
            runtime: tokio::runtime::Handle::current(),
        });
        let create = model.events[0].event.clone();
        let room_id = create.room_id().to_owned();
        let new = NewRoom {
            room_id: Some(room_id.clone()),
            version: model.version.clone(),
            published: false,
            aliases: Vec::new(),
        };
        let room = rooms.store().next_nid();
        let first = rooms.enqueue(room, Some(new), |reply| Work::Receive(create, reply)).await.unwrap();
        assert!(matches!(first, Received::Accepted(_)), "{first:?}");
        Self { rooms, room_id, _database: database }
    }

    pub async fn receive(&self, event: &VerifiedPdu) -> Received {
        self.rooms.receive(&self.room_id, event.clone()).await.unwrap()
    }

    /// Hands over many at once, so that they are built as one chain.
    pub async fn receive_together(&self, events: &[VerifiedPdu]) -> Vec<Received> {
        // The number of the room is remembered from here on, so the order stays.
        self.rooms.nid(&self.room_id).await.unwrap();
        join_all(events.iter().map(|event| self.receive(event))).await
    }

    pub async fn row(&self) -> RoomRow {
        let id = self.room_id.clone();
        self.rooms.store().read(move |conn| room_by_id(conn, id.as_str())).await.unwrap().unwrap()
    }

    pub async fn event(&self, id: &EventId) -> Option<StoredEvent> {
        let (room, id) = (self.row().await.nid, id.to_owned());
        self.rooms.store().read(move |conn| event_by_id(conn, room, id.as_str())).await.unwrap()
    }
}

//! A server that receives the events of a model.

use std::{collections::HashMap, sync::Arc};

use events::{SigningKey, VerifiedPdu};
use futures_util::future::join_all;
use peerbrain_core::{clock::ManualClock, random::SeededRandom};
use ruma::{EventId, OwnedEventId, OwnedRoomId, RoomId, RoomVersionId, ServerName, server_name};
use store::{
    Store,
    rooms::{EventFlags, RoomRow, StoredEvent, event_by_id, room_by_id},
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
        Self::on(model, server_name!("a"), Database::wanted()).await
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
        Self::on(model, server_name!("elsewhere"), Database::wanted()).await
    }

    async fn on(model: &Model, name: &ServerName, database: Database) -> Self {
        let create = model.events[0].event.clone();
        let world = Self::bare(create.room_id(), name, database);
        let new = NewRoom {
            room_id: Some(world.room_id.clone()),
            version: model.version.clone(),
            published: false,
            aliases: Vec::new(),
        };
        let room = world.rooms.store().next_nid();
        let first =
            world.rooms.enqueue(room, Some(new), |reply| Work::Receive(create, None, true, reply)).await.unwrap();
        assert!(matches!(first, Received::Accepted(_)), "{first:?}");
        world
    }

    /// The server of carol, who has come into the room by this event.
    pub async fn entered(model: &Model, join: usize) -> Self {
        let world = Self::without(model.events[0].event.room_id(), server_name!("c"));
        world.rooms.adopt(model.adoption(join)).await.unwrap();
        world
    }

    /// A server that does not know the room.
    pub fn without(room_id: &RoomId, name: &ServerName) -> Self {
        Self::bare(room_id, name, Database::wanted())
    }

    fn bare(room_id: &RoomId, name: &ServerName, database: Database) -> Self {
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
        Self { rooms, room_id: room_id.to_owned(), _database: database }
    }

    /// Takes in an event with the state before it.
    pub async fn receive_told(&self, model: &Model, index: usize) -> Received {
        self.rooms.add_outliers(&self.room_id, model.needed(index)).await.unwrap();
        let (event, told) = (model.event(index).clone(), model.told(index));
        self.rooms.receive_at(&self.room_id, event, told).await.unwrap()
    }

    /// Adds events as history, with the states before those of whose previous events none is here. What has some of them
    /// must wait for the others.
    pub async fn add_history(&self, model: &Model, events: &[usize]) -> usize {
        let mut states = HashMap::new();
        let mut needed = Vec::new();
        for index in events {
            let prev: Vec<OwnedEventId> = model.event(*index).prev_events().to_vec();
            let here = self.rooms.known(&self.room_id, &prev).await.unwrap();
            let comes = |id: &OwnedEventId| events.contains(&model.index[id]);
            let placed = |id: &OwnedEventId| here.get(id).is_some_and(|flags| !flags.has(EventFlags::OUTLIER));
            if !prev.iter().any(|id| comes(id) || placed(id)) {
                states.insert(model.id(*index).to_owned(), model.told(*index));
            }
            needed.extend(model.needed(*index));
        }
        self.rooms.add_outliers(&self.room_id, needed).await.unwrap();
        let pdus = events.iter().map(|index| model.event(*index).clone()).collect();
        self.rooms.add_history(&self.room_id, pdus, states).await.unwrap()
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

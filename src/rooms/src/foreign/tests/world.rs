//! A server with a user, and another one in the words of the test.

use std::sync::Arc;

use events::{EventBuilder, SigningKey, VerifiedPdu, version};
use peerbrain_core::{clock::ManualClock, random::SeededRandom};
use ruma::{
    MilliSecondsSinceUnixEpoch, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UInt, UserId, server_name, user_id,
};
use serde_json::{Value, json};
use store::{
    accounts::users::{self, UserRow},
    testing::Database,
};

use crate::{
    EventCache, Options, Rooms,
    create::CreateRoom,
    foreign::{Handshake, Template},
    testing,
};

/// The moment at which everything happens.
pub const NOW: u64 = 1_700_000_000_000;

/// Our server is `a`; `alice` is one of its users.
pub struct World {
    pub rooms: Rooms,
    _database: Database,
}

pub fn alice() -> &'static UserId {
    user_id!("@alice:a")
}

/// A user of the other server.
pub fn bob() -> &'static UserId {
    user_id!("@bob:b")
}

/// The key of the other server.
pub fn their_key() -> SigningKey {
    SigningKey::generate([9; 32]).unwrap()
}

impl World {
    pub async fn new() -> Self {
        let database = Database::wanted();
        let events = EventCache::new(1_000_000);
        let name = server_name!("a");
        let options =
            store::Options { server_name: name.to_string(), observers: vec![events.clone()], ..database.options() };
        let (store, clock) = (store::Store::open(options).unwrap(), ManualClock::at(NOW));
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
        Self { rooms, _database: database }
    }

    /// A room of alice.
    pub async fn room(&self, version: &RoomVersionId, options: Value) -> OwnedRoomId {
        let mut request: CreateRoom = serde_json::from_value(options).unwrap();
        request.room_version = Some(version.clone());
        self.rooms.create(alice(), request).await.unwrap()
    }

    pub async fn public_room(&self, version: &RoomVersionId) -> OwnedRoomId {
        self.room(version, json!({ "name": "Tea", "preset": "public_chat" })).await
    }
}

/// The event that bob's server makes of a template, as it comes or with another content.
pub fn made_of(template: &Template, content: Option<Value>) -> VerifiedPdu {
    let event: Value = serde_json::from_str(template.event.get()).unwrap();
    let rules = version::rules(&template.version).unwrap();
    let ids = |field: &str| serde_json::from_value(event[field].clone()).unwrap();
    let builder = EventBuilder {
        room_id: Some(serde_json::from_value(event["room_id"].clone()).unwrap()),
        sender: bob().to_owned(),
        event_type: "m.room.member".into(),
        state_key: Some(bob().to_string()),
        content: events::canonical::object_from(content.as_ref().unwrap_or(&event["content"])).unwrap(),
        prev_events: ids("prev_events"),
        auth_events: ids("auth_events"),
        depth: event["depth"].as_i64().unwrap(),
        origin_server_ts: MilliSecondsSinceUnixEpoch(UInt::new(NOW).unwrap()),
        redacts: None,
    };
    builder.build(rules, &their_key()).unwrap()
}

/// A join of bob through alice's server.
pub async fn join(world: &World, room_id: &RoomId) -> VerifiedPdu {
    let template = world.rooms.template(Handshake::Join, room_id, bob(), &version::SUPPORTED).await.unwrap();
    let join = made_of(&template, None);
    world.rooms.accept(Handshake::Join, room_id, join.clone()).await.unwrap();
    join
}

/// A user of ours who has an account.
pub async fn register(world: &World, name: &str) -> OwnedUserId {
    let id = format!("@{name}:a");
    let row = UserRow {
        user_id: id.clone(),
        password_hash: None,
        created_at: 1,
        admin: false,
        deactivated: false,
        erased: false,
        locked: false,
        suspended: false,
        guest: false,
    };
    world.rooms.store().write(move |tx| users::insert(tx, &row)).await.unwrap();
    OwnedUserId::try_from(id).unwrap()
}

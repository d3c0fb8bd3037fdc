//! Rooms that are entered through other servers, and history that comes late.

use std::collections::{HashMap, HashSet};

use events::{EventBuilder, SigningKey, VerifiedPdu, canonical, version};
use rooms::{
    Adoption, Received,
    read::{PageRequest, Reader},
};
use ruma::{
    MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, RoomId, RoomVersionId, UInt, UserId,
    api::client::filter::RoomEventFilter,
};
use serde_json::{Value, json};

use crate::{
    client::{bodies, joined, left, types},
    world::{World, user},
};

/// A room on another server; each event comes after the one before it.
struct Far {
    room_id: OwnedRoomId,
    key: SigningKey,
    events: Vec<VerifiedPdu>,
}

const ALICE: &str = "@alice:far";
const BOB: &str = "@bob:test";
/// Bob's join: before it there are the state and one message.
const JOIN: usize = 5;

impl Far {
    fn new() -> Self {
        let key = SigningKey::generate([3; 32]).unwrap();
        let mut far = Self { room_id: RoomId::parse("!room:far").unwrap(), key, events: Vec::new() };
        far.add(ALICE, "m.room.create", Some(""), json!({ "room_version": "11" }), &[]);
        far.add(ALICE, "m.room.member", Some(ALICE), json!({ "membership": "join" }), &[0]);
        far.add(ALICE, "m.room.power_levels", Some(""), json!({ "users": { ALICE: 100 } }), &[0, 1]);
        far.add(ALICE, "m.room.join_rules", Some(""), json!({ "join_rule": "public" }), &[0, 1, 2]);
        far.say("past");
        far.add(BOB, "m.room.member", Some(BOB), json!({ "membership": "join" }), &[0, 2, 3]);
        far
    }

    fn say(&mut self, text: &str) -> usize {
        self.add(ALICE, "m.room.message", None, json!({ "msgtype": "m.text", "body": text }), &[0, 1, 2])
    }

    fn id(&self, index: usize) -> OwnedEventId {
        self.events[index].event_id().to_owned()
    }

    fn add(&mut self, sender: &str, kind: &str, state_key: Option<&str>, content: Value, auth: &[usize]) -> usize {
        let builder = EventBuilder {
            room_id: Some(self.room_id.clone()),
            sender: UserId::parse(sender).unwrap(),
            event_type: kind.into(),
            state_key: state_key.map(str::to_owned),
            content: canonical::object_from(&content).unwrap(),
            prev_events: self.events.last().map(|event| event.event_id().to_owned()).into_iter().collect(),
            auth_events: auth.iter().map(|index| self.id(*index)).collect(),
            depth: self.events.len() as i64 + 1,
            origin_server_ts: MilliSecondsSinceUnixEpoch(UInt::new_saturating(1_699_000_000_000)),
            redacts: None,
        };
        let rules = version::rules(&RoomVersionId::V11).unwrap();
        self.events.push(builder.build(rules, &self.key).unwrap());
        self.events.len() - 1
    }

    async fn adopted(&self, world: &World) {
        let adoption = Adoption {
            room_id: self.room_id.clone(),
            version: RoomVersionId::V11,
            state: self.events[..4].to_vec(),
            auth_chain: Vec::new(),
            join: self.events[JOIN].clone(),
        };
        world.rooms.adopt(adoption).await.unwrap();
    }

    async fn history(&self, world: &World, events: &[usize]) {
        let pdus = events.iter().map(|index| self.events[*index].clone()).collect();
        let placed = world.rooms.add_history(&self.room_id, pdus, HashMap::new()).await.unwrap();
        assert_eq!(placed, events.len());
    }

    async fn receive_at(&self, world: &World, event: usize, state: &[usize]) {
        let state = state.iter().map(|index| self.id(*index)).collect();
        let received = world.rooms.receive_at(&self.room_id, self.events[event].clone(), state).await.unwrap();
        assert!(matches!(received, Received::Accepted(_)), "{received:?}");
    }

    /// What bob reads, going back from a token.
    async fn read_back(&self, world: &World, from: &Value) -> Vec<String> {
        let reader = Reader { user_id: user("bob"), device_id: None, ignored: HashSet::new() };
        let from = Some(from.as_str().unwrap().parse().unwrap());
        let request = PageRequest { from, to: None, backward: true, limit: 50, filter: RoomEventFilter::default() };
        let page = world.rooms.messages(&reader, &self.room_id, request).await.unwrap();
        let events = page.chunk.iter().map(|event| serde_json::from_str::<Value>(event.get()).unwrap());
        events.map(|event| event["content"]["body"].as_str().unwrap_or("state").to_owned()).collect()
    }
}

#[tokio::test]
async fn who_comes_in_elsewhere_is_told_all_of_the_room() {
    let (world, far) = (World::new().await, Far::new());
    let mut bob = world.client("bob").await;
    bob.sync().await;
    far.adopted(&world).await;
    let answer = bob.sync().await;
    let room = joined(&answer, &far.room_id);
    assert_eq!(types(&room["timeline"]), ["member @bob"]);
    assert_eq!(room["timeline"]["limited"], true);
    let state = ["m.room.create", "m.room.join_rules", "m.room.power_levels", "member @alice:far"];
    assert_eq!(types(&room["state"]), state);
    assert_eq!(room["summary"]["m.joined_member_count"], 2);
    assert_eq!(room["summary"]["m.heroes"], json!([ALICE]));
    let mut fresh = bob.fresh();
    fresh.sync().await;
    assert_eq!(fresh.joined, bob.joined);

    far.history(&world, &[4, 3, 2, 1, 0]).await;
    let later = bob.sync().await;
    assert_eq!(later.get("rooms"), None, "history is no news");
    let read = far.read_back(&world, &room["timeline"]["prev_batch"]).await;
    assert_eq!(read, ["past", "state", "state", "state", "state"]);
}

#[tokio::test]
async fn a_timeline_begins_where_history_was_missing() {
    let (world, mut far) = (World::new().await, Far::new());
    let mut bob = world.client("bob").await;
    far.adopted(&world).await;
    bob.sync().await;
    let (here, missed, heard) = (far.say("here"), far.say("missed"), far.say("heard"));
    let received = world.rooms.receive(&far.room_id, far.events[here].clone()).await.unwrap();
    assert!(matches!(received, Received::Accepted(_)));
    far.receive_at(&world, heard, &[0, 1, 2, 3, JOIN]).await;
    let answer = bob.sync().await;
    let room = joined(&answer, &far.room_id);
    assert_eq!(bodies(room), ["heard"]);
    assert_eq!(room["timeline"]["limited"], true);
    let prev_batch = &room["timeline"]["prev_batch"];
    assert_eq!(far.read_back(&world, prev_batch).await, ["here", "state"]);
    far.history(&world, &[missed]).await;
    assert_eq!(far.read_back(&world, prev_batch).await, ["missed", "here", "state"]);
    assert_eq!(bodies(joined(&bob.fresh().sync().await, &far.room_id)), ["heard"]);
}

#[tokio::test]
async fn who_was_put_out_unnoticed_hears_of_it() {
    let (world, mut far) = (World::new().await, Far::new());
    let mut bob = world.client("bob").await;
    far.adopted(&world).await;
    bob.sync().await;
    let kick = far.add(ALICE, "m.room.member", Some(BOB), json!({ "membership": "leave" }), &[0, 1, 2, JOIN]);
    let secret = far.say("he is gone");
    world.rooms.add_outliers(&far.room_id, vec![far.events[kick].clone()]).await.unwrap();
    far.receive_at(&world, secret, &[0, 1, 2, 3, kick]).await;
    let answer = bob.sync().await;
    let room = left(&answer, &far.room_id);
    assert_eq!(types(&room["timeline"]), ["member @bob"], "{answer}");
    assert!(!answer.to_string().contains("he is gone"));
    // What was theirs to read, still is.
    let end = json!(answer["next_batch"]);
    assert_eq!(far.read_back(&world, &end).await, ["state"]);
}

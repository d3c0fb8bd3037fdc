//! Syncs while others write: whatever comes between what is looked up in memory and what is read from the database, all of
//! it is told in the end, each once.

use std::{
    cell::Cell,
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use ruma::RoomId;
use serde_json::{Value, json};
use store::testing::Database;

use crate::{
    client::{bodies, joined, left},
    kept::{read, tell, told, unread},
    world::World,
};

/// So few that a timeline holds all events of a room.
const ROUNDS: usize = 20;

/// What a client has heard.
#[derive(Default)]
struct Heard {
    said: Vec<String>,
    messages: Vec<u64>,
    data: Vec<u64>,
    room_data: Vec<u64>,
    /// The events of receipts.
    read: BTreeSet<String>,
    /// What was said in the room that one comes to and goes from.
    elsewhere: BTreeSet<String>,
}

impl Heard {
    fn take(&mut self, answer: &Value, room: &RoomId, other: &RoomId) {
        let numbers = |data: &Value| -> Vec<u64> {
            let events = data["events"].as_array().into_iter().flatten();
            events.filter_map(|event| event["content"]["n"].as_u64()).collect()
        };
        let of_room = joined(answer, room);
        self.said.extend(bodies(of_room).into_iter().map(str::to_owned));
        if !of_room.is_null() {
            assert_eq!(unread(of_room), self.said.len() as i64, "counts and events are of one moment: {answer}");
        }
        self.messages.extend(told(answer));
        self.data.extend(numbers(&answer["account_data"]));
        self.room_data.extend(numbers(&of_room["account_data"]));
        for event in of_room["ephemeral"]["events"].as_array().into_iter().flatten() {
            self.read.extend(event["content"].as_object().unwrap().keys().cloned());
        }
        for of_other in [joined(answer, other), left(answer, other)] {
            self.elsewhere.extend(bodies(of_other).into_iter().map(str::to_owned));
        }
    }
}

async fn play(world: &World) {
    let (mut alice, _bob) = (world.client("alice").await, world.session("bob").await);
    let (room, other) = (world.room("bob").await, world.room("bob").await);
    world.join(&room, "alice").await;
    world.join(&room, "carol").await;
    alice.filter = Some(json!({ "room": { "timeline": { "limit": 100 } } }));
    alice.sync().await;
    let writing = AtomicUsize::new(4);
    let last_read = Cell::new(None);
    let speak = async {
        for n in 0..ROUNDS {
            let event = world.say(&room, "bob", &n.to_string()).await;
            read(world, "carol", &room, &event).await;
            last_read.set(Some(event));
        }
        writing.fetch_sub(1, Ordering::SeqCst);
    };
    let change = async {
        for n in 0..ROUNDS {
            world.set_account_data("alice", None, "t.global", json!({ "n": n })).await;
            world.topic(&room, "bob", &n.to_string()).await;
            world.set_account_data("alice", Some(&room), "t.room", json!({ "n": n })).await;
        }
        writing.fetch_sub(1, Ordering::SeqCst);
    };
    let whisper = async {
        for n in 0..ROUNDS * 3 {
            tell(world, "bob", "alice", n).await;
        }
        writing.fetch_sub(1, Ordering::SeqCst);
    };
    let come_and_go = async {
        for n in 0..ROUNDS {
            world.join(&other, "alice").await;
            world.say(&other, "bob", &n.to_string()).await;
            world.leave(&other, "alice").await;
        }
        writing.fetch_sub(1, Ordering::SeqCst);
    };
    let mut heard = Heard::default();
    let listen = async {
        loop {
            let last = writing.load(Ordering::SeqCst) == 0;
            heard.take(&alice.sync().await, &room, &other);
            // An answer from memory waits for nothing.
            tokio::task::yield_now().await;
            if last {
                return;
            }
        }
    };
    tokio::join!(speak, change, whisper, come_and_go, listen);
    let all = |rounds: usize| (0..rounds).map(|n| n.to_string());
    assert_eq!(heard.said, all(ROUNDS).collect::<Vec<_>>());
    assert_eq!(heard.elsewhere, all(ROUNDS).collect::<BTreeSet<_>>());
    assert_eq!(heard.messages, (0..ROUNDS as u64 * 3).collect::<Vec<_>>());
    for data in [heard.data, heard.room_data] {
        assert_eq!(data.last(), Some(&(ROUNDS as u64 - 1)));
        assert!(data.is_sorted_by(|a, b| a < b), "{data:?}");
    }
    assert!(heard.read.contains(last_read.into_inner().unwrap().as_str()));
    let mut fresh = alice.fresh();
    fresh.sync().await;
    assert_eq!(alice.joined, fresh.joined);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_while_others_write() {
    for _ in 0..3 {
        play(&World::new().await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_on_postgresql() {
    let Some(database) = Database::postgres() else { return };
    play(&World::on(database, std::time::Duration::ZERO).await).await;
}

//! What syncs cost. Not a test that can fail: run it with `--release -- --ignored --nocapture cost`.

use std::{sync::Arc, time::Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::world::{Ask, World, user};

const ROOMS: usize = 300;
const EVENTS: usize = 20;

/// CPU seconds of this process.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().map(|field| fields[*field].parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

#[allow(clippy::print_stderr)]
async fn measure(what: &str, times: usize, one: impl AsyncFn(usize)) {
    one(0).await;
    let (begun, before) = (Instant::now(), cpu());
    for n in 0..times {
        one(n).await;
    }
    let each = |seconds: f64| seconds * 1e3 / times as f64;
    eprintln!("{what}: {:.3} ms CPU, {:.3} ms", each(cpu() - before), each(begun.elapsed().as_secs_f64()));
}

#[test]
#[ignore = "a measurement"]
fn cost() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let world = Arc::new(World::new().await);
        let alice = world.session("alice").await;
        let bob = world.session("bob").await;
        for name in ["carol", "dora", "emil"] {
            world.session(name).await;
        }
        let fill = async |_| {
            let room = world.room("alice").await;
            for name in ["bob", "carol", "dora", "emil"] {
                world.rooms.join(&room, &user(name), None).await.unwrap();
            }
            for n in 0..EVENTS {
                world.say(&room, "alice", &format!("an ordinary message of an ordinary length, number {n}")).await;
            }
            room
        };
        let rooms = join_all((0..ROOMS).map(fill)).await;
        for room in rooms.iter().skip(1) {
            world.leave(room, "bob").await;
        }
        let whole = Ask { filter: Some(json!({ "room": { "timeline": { "limit": EVENTS } } })), ..Ask::default() };
        let lazy = json!({ "room": { "timeline": { "limit": EVENTS }, "state": { "lazy_load_members": true } } });
        let lazy = Ask { filter: Some(lazy), ..Ask::default() };
        let sync = async |session, ask: &Ask| world.bytes(session, ask.clone()).await.unwrap();
        measure("first sync, 300 rooms", 50, async |_| drop(sync(&alice, &whole).await)).await;
        measure("first sync, 300 rooms, lazy members", 50, async |_| drop(sync(&alice, &lazy).await)).await;
        measure("first sync, 1 room", 3_000, async |_| drop(sync(&bob, &whole).await)).await;
        measure("first sync, 1 room, lazy members", 3_000, async |_| drop(sync(&bob, &lazy).await)).await;
        let answer = world.sync(&alice, whole.clone()).await.unwrap();
        let ask = Ask { since: Some(answer["next_batch"].as_str().unwrap().into()), ..whole };
        measure("nothing new, 300 rooms", 100_000, async |_| drop(sync(&alice, &ask).await)).await;
        world.say(&rooms[7], "alice", "news").await;
        measure("one event, 300 rooms", 3_000, async |_| drop(sync(&alice, &ask).await)).await;
        let bytes = sync(&alice, &Ask { since: None, ..ask.clone() }).await.len();
        assert!(bytes > ROOMS * EVENTS * 200);
    });
}

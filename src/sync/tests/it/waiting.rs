//! Long polls.

use std::time::{Duration, Instant};

use futures_util::{FutureExt, future::join_all};
use serde_json::{Value, json};

use crate::{
    client::{bodies, joined, nothing},
    world::{Ask, World},
};

const LONG: Duration = Duration::from_secs(30);

fn wait(ask: Ask) -> Ask {
    Ask { timeout: LONG, ..ask }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_waits_for_what_is_new() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    alice.sync().await;
    let begun = Instant::now();
    let ask = wait(alice.ask());
    let (answer, ()) = tokio::join!(world.sync(&alice.session, ask), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.say(&room, "alice", "one").await;
    });
    assert_eq!(bodies(joined(&answer.unwrap(), &room)), ["one"]);
    assert!(begun.elapsed() < LONG);
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_joins_and_account_data_wake_too() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    let room = world.room("alice").await;
    bob.sync().await;
    let later = async |what: &str| {
        tokio::time::sleep(Duration::from_millis(20)).await;
        match what {
            "invite" => world.invite(&room, "alice", "bob").await,
            "join" => world.join(&room, "bob").await,
            "message" => drop(world.say(&room, "alice", "m").await),
            "data" => world.set_account_data("bob", None, "t", json!({})).await,
            _ => world.leave(&room, "bob").await,
        }
    };
    for (what, section) in
        [("invite", "invite"), ("join", "join"), ("message", "join"), ("data", ""), ("leave", "leave")]
    {
        let (answer, ()) = tokio::join!(bob.sync_for(LONG), later(what));
        match section {
            "" => assert!(answer["account_data"].is_object()),
            section => assert!(answer["rooms"][section][room.as_str()].is_object(), "{what}: {answer}"),
        }
    }
    // What happens in a room that was left wakes nobody.
    let (answer, ()) = tokio::join!(bob.sync_for(Duration::from_millis(100)), later("data"));
    assert!(answer.get("rooms").is_none());
    // Perhaps it was late, and is news still.
    bob.sync().await;
    let begun = Instant::now();
    let (answer, _) = tokio::join!(bob.sync_for(Duration::from_millis(100)), world.say(&room, "alice", "x"));
    assert!(answer.get("rooms").is_none() && begun.elapsed() >= Duration::from_millis(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_filter_hides_ends_no_waiting() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    alice.filter = Some(json!({ "room": { "timeline": { "not_types": ["t.hidden"] } } }));
    alice.sync().await;
    let ask = wait(alice.ask());
    let (answer, ()) = tokio::join!(world.sync(&alice.session, ask), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        world.send(&room, "alice", "t.hidden", json!({})).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.say(&room, "alice", "one").await;
    });
    assert_eq!(bodies(joined(&answer.unwrap(), &room)), ["one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_has_at_most_five_waiting() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    alice.sync().await;
    // Now all is in memory that a sync must know before it waits: it does so at once.
    alice.sync().await;
    let ask = wait(alice.ask());
    let mut oldest: Vec<_> = (0..7).map(|_| world.sync(&alice.session, ask.clone()).boxed()).collect();
    for sync in &mut oldest {
        assert!(sync.now_or_never().is_none());
    }
    let others = oldest.split_off(2);
    for answer in join_all(oldest).await {
        assert_eq!(answer.unwrap(), nothing(&json!(alice.since)));
    }
    let (answers, _) = tokio::join!(join_all(others), world.say(&room, "alice", "one"));
    for answer in answers {
        assert_eq!(bodies(joined(&answer.unwrap(), &room)), ["one"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_answers_all_who_wait() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.sync().await;
    let ask = wait(alice.ask());
    let begun = Instant::now();
    let (answer, ()) = tokio::join!(world.sync(&alice.session, ask.clone()), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.syncs.stop();
    });
    assert_eq!(answer.unwrap(), nothing(&json!(alice.since)));
    world.sync(&alice.session, ask).await.unwrap();
    assert!(begun.elapsed() < LONG);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_same_answer() {
    let world = World::keeping(LONG).await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    alice.sync().await;
    let empty = world.sync(&alice.session, alice.ask()).await.unwrap();
    world.say(&room, "alice", "one").await;
    let answer = world.sync(&alice.session, alice.ask()).await.unwrap();
    assert_ne!(answer, empty);
    world.clock.advance(LONG);
    world.say(&room, "alice", "two").await;
    assert_eq!(world.sync(&alice.session, alice.ask()).await.unwrap(), answer);
    alice.take(&answer);
    assert_eq!(bodies(joined(&alice.sync().await, &room)), ["two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_logged_out_waits_no_more() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.sync().await;
    let begun = Instant::now();
    let ask = wait(alice.ask());
    let (answer, ()) = tokio::join!(world.sync(&alice.session, ask), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.accounts.logout(&alice.session).await.unwrap();
    });
    let answer: Value = answer.unwrap();
    assert!(answer.get("rooms").is_none());
    assert!(begun.elapsed() < LONG);
}

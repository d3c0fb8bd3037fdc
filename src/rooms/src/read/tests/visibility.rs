//! The table of client-server § Room history visibility: each visibility with each way through a room.

use serde_json::Value;

use super::world::{World, bodies, reader, worlds};
use crate::Error;

const VISIBILITIES: [&str; 4] = ["world_readable", "shared", "invited", "joined"];

/// Ways through a room, and the membership after each step.
const WAYS: [&[&str]; 9] = [
    &[],
    &["invite"],
    &["join"],
    &["invite", "join"],
    &["invite", "join", "leave"],
    &["join", "ban"],
    &["join", "leave", "invite"],
    &["join", "leave", "join"],
    &["invite", "leave", "invite", "join", "leave", "join"],
];

async fn step(world: &World, room: &ruma::RoomId, step: &str) {
    match step {
        "invite" => world.invite(room, "bob").await,
        "join" => world.join(room, "bob").await,
        "leave" => world.leave(room, "bob").await,
        _ => world.ban(room, "bob").await,
    }
}

/// The five rules, read directly: the membership at a message and what comes later.
fn expected(visibility: &str, way: &[&str], said_after: usize) -> bool {
    let at = if said_after == 0 { "leave" } else { way[said_after - 1] };
    let later = &way[said_after..];
    let joined_before = way[..said_after].contains(&"join");
    if visibility == "world_readable" || at == "join" {
        return true;
    }
    // Who is out stays out of what comes then, until they join again.
    let back = later.contains(&"join");
    match visibility {
        "shared" => back,
        "invited" => at == "invite" && (back || joined_before && way.last() == Some(&"join")),
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_visibility_with_each_way_through_a_room() {
    worlds(async |world| {
        for visibility in VISIBILITIES {
            for way in WAYS {
                let room = world.public_room().await;
                world.set_visibility(&room, visibility).await;
                world.say(&room, "alice", "0").await;
                for (number, name) in way.iter().enumerate() {
                    step(&world, &room, name).await;
                    world.say(&room, "alice", &(number + 1).to_string()).await;
                }
                let case = format!("{visibility} {way:?}");
                let history = world.history(&room, &reader("bob")).await;
                if visibility != "world_readable" && !way.contains(&"join") {
                    assert!(matches!(history, Err(Error::Forbidden(_))), "{case}");
                    continue;
                }
                let history = history.unwrap();
                let wanted: Vec<String> =
                    (0..=way.len()).filter(|n| expected(visibility, way, *n)).map(|n| n.to_string()).collect();
                assert_eq!(bodies(&history), wanted, "{case}");
                check_memberships(&history, way, &case);
                check_single_events(&world, &room, &history, &case).await;
            }
        }
    })
    .await;
}

/// `unsigned.membership` of each message is that after the last step (MSC4115).
fn check_memberships(history: &[Value], way: &[&str], case: &str) {
    for event in history.iter().filter(|event| event["type"] == "m.room.message") {
        let after: usize = event["content"]["body"].as_str().unwrap().parse().unwrap();
        let membership = if after == 0 { "leave" } else { way[after - 1] };
        assert_eq!(event["unsigned"]["membership"], membership, "{case} {after}");
    }
    for event in history.iter().filter(|event| event["state_key"] == "@bob:test") {
        assert_eq!(event["unsigned"]["membership"], event["content"]["membership"], "{case}");
    }
}

/// Asked for one by one, the same events are there and no others.
async fn check_single_events(world: &World, room: &ruma::RoomId, history: &[Value], case: &str) {
    let all = world.history(room, &reader("alice")).await.unwrap();
    for event in all {
        let id = ruma::EventId::parse(event["event_id"].as_str().unwrap()).unwrap();
        let found = world.rooms.event(&reader("bob"), room, &id).await;
        let listed = history.iter().any(|listed| listed["event_id"] == event["event_id"]);
        match found {
            Ok(_) => assert!(listed, "{case} {event}"),
            Err(Error::NotFound(_)) => assert!(!listed, "{case} {event}"),
            Err(error) => panic!("{case}: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_visibility_are_seen_by_the_side_that_allows_it() {
    worlds(async |world| {
        for before in VISIBILITIES {
            for after in VISIBILITIES {
                if before == after {
                    continue;
                }
                let room = world.public_room().await;
                world.set_visibility(&room, before).await;
                world.say(&room, "alice", "before").await;
                let change = world.set_visibility(&room, after).await;
                world.say(&room, "alice", "after").await;
                world.join(&room, "bob").await;
                world.say(&room, "alice", "joined").await;

                let open = |visibility: &str| matches!(visibility, "world_readable" | "shared");
                let history = world.history(&room, &reader("bob")).await.unwrap();
                let mut wanted = vec!["joined"];
                if open(after) {
                    wanted.insert(0, "after");
                }
                if open(before) {
                    wanted.insert(0, "before");
                }
                assert_eq!(bodies(&history), wanted, "{before} {after}");
                let seen = history.iter().any(|event| event["event_id"] == change.as_str());
                assert_eq!(seen, open(before) || open(after), "{before} {after}");

                // Nobody's eyes but those of members, unless it is world-readable now; then what was so at the time.
                let stranger = world.history(&room, &reader("carol")).await;
                match after {
                    "world_readable" => assert_eq!(bodies(&stranger.unwrap()), ["after", "joined"], "{before}"),
                    _ => assert!(matches!(stranger, Err(Error::Forbidden(_))), "{before} {after}"),
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_membership_events_are_always_seen() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.set_visibility(&room, "joined").await;
        world.invite(&room, "bob").await;
        world.join(&room, "bob").await;
        world.leave(&room, "bob").await;
        let history = world.history(&room, &reader("bob")).await.unwrap();
        let own: Vec<&Value> = history.iter().filter(|event| event["state_key"] == "@bob:test").collect();
        let memberships: Vec<&str> = own.iter().map(|event| event["content"]["membership"].as_str().unwrap()).collect();
        assert_eq!(memberships, ["join", "leave"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_room_is_closed() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        world.leave(&room, "bob").await;
        assert!(world.last(&room, "bob", 10).await.is_ok());
        world.rooms.forget(&room, &super::world::user("bob")).await.unwrap();
        assert!(matches!(world.last(&room, "bob", 10).await, Err(Error::Forbidden(_))));
        world.set_visibility(&room, "world_readable").await;
        assert!(world.last(&room, "bob", 10).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ignored_users_are_silent_but_their_state_stays() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        world.say(&room, "alice", "spam").await;
        world.say(&room, "bob", "ham").await;
        let mut bob = reader("bob");
        bob.ignored.insert(super::world::user("alice"));
        bob.ignored.insert(super::world::user("bob"));
        let history = world.history(&room, &bob).await.unwrap();
        assert_eq!(bodies(&history), ["ham"]);
        assert!(history.iter().any(|event| event["type"] == "m.room.create"));
    })
    .await;
}

//! Limited timelines and the gap they leave.

use super::prelude::*;

tests! { "sync_gaps":
    limited_with_prev_batch, "syncing", ["GET v3/sync"];
    gap_is_filled_by_messages, "syncing", ["GET v3/sync", "GET v3/rooms/{roomId}/messages"];
    state_in_the_gap, "syncing", ["GET v3/sync"];
    state_in_the_timeline_only, "syncing", ["GET v3/sync"];
    state_changed_twice, "syncing", ["GET v3/sync"];
    newly_joined_room, "syncing", ["GET v3/sync"];
    rejoined_room, "syncing", ["GET v3/sync"];
    left_and_rejoined_within_one_sync, "syncing", ["GET v3/sync"];
    timeline_limit_zero, "filtering", ["GET v3/sync"];
}

const TWO: &str = r#"{"room":{"timeline":{"limit":2}}}"#;

/// A sync since a token with timelines of two events.
async fn two_since(user: &User, since: &str) -> Result<Value, Failure> {
    user.sync(&format!("timeout=0&since={}&filter={}", encode(since), encode(TWO))).await
}

/// The content of the last event of a type and state key, which is what a client that applies them in order ends with.
fn content<'a>(events: &'a [Value], kind: &str, key: &str) -> &'a Value {
    let mut backwards = events.iter().rev();
    let last = backwards.find(|event| event["type"] == kind && event["state_key"] == key);
    last.map_or(&Value::Null, |event| &event["content"])
}

async fn limited_with_prev_batch(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let mut sent = Vec::new();
    for number in 0..5 {
        sent.push(alice.say(&room, &number.to_string()).await?);
    }
    let sync = two_since(&alice, &since).await?;
    let timeline = &joined(&sync, &room)["timeline"];
    ensure_eq!(timeline["limited"], true, "limited");
    ensure!(timeline["prev_batch"].is_string(), "prev_batch is needed to fill the gap: {timeline}");
    ensure_eq!(ids(events(joined(&sync, &room), "timeline")), sent.split_off(3), "the newest two");
    Ok(())
}

/// "To close the gap, the client should make a request to /messages": back from prev_batch to the old next_batch.
async fn gap_is_filled_by_messages(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let mut sent = Vec::new();
    for number in 0..6 {
        sent.push(alice.say(&room, &number.to_string()).await?);
    }
    let sync = two_since(&alice, &since).await?;
    let prev = encode(text(&joined(&sync, &room)["timeline"], "prev_batch")?);
    let path = format!("{}?dir=b&limit=50&from={prev}&to={}", v3!("rooms/{}/messages", room), encode(&since));
    let page = alice.get(path).await?.ok()?;
    let missing = sent.get(..4).unwrap_or_default().iter().rev().cloned().collect::<Vec<_>>();
    ensure_eq!(ids(page["chunk"].as_array().map(Vec::as_slice).unwrap_or_default()), missing, "the gap, whole");
    Ok(())
}

async fn state_in_the_gap(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "before" })).await?;
    let since = alice.now().await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "in the gap" })).await?;
    for number in 0..3 {
        alice.say(&room, &number.to_string()).await?;
    }
    let sync = two_since(&alice, &since).await?;
    let state = events(joined(&sync, &room), "state");
    ensure_eq!(content(state, "m.room.name", "")["name"], "in the gap", "state delta of the gap");
    ensure_eq!(state.len(), 1, "only what changed: {state:?}");
    Ok(())
}

/// "It will therefore be empty unless the timeline was limited."
async fn state_in_the_timeline_only(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let event = alice.set_state(&room, "m.room.topic", "", json!({ "topic": "fresh" })).await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(has_event(&sync, &room, &event), "the change is in the timeline");
    let state = events(joined(&sync, &room), "state");
    ensure!(state.is_empty(), "and not in the state: {state:?}");
    Ok(())
}

/// Changed in the gap and again in the timeline: `state` has the value at the start of the timeline.
async fn state_changed_twice(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "before" })).await?;
    let since = alice.now().await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "gap" })).await?;
    alice.say(&room, "1").await?;
    alice.say(&room, "2").await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "timeline" })).await?;
    let sync = two_since(&alice, &since).await?;
    let mine = joined(&sync, &room);
    ensure_eq!(content(events(mine, "timeline"), "m.room.name", "")["name"], "timeline", "name in the timeline");
    ensure_eq!(content(events(mine, "state"), "m.room.name", "")["name"], "gap", "name at the start of the timeline");
    Ok(())
}

/// The whole state comes when a room is joined between two syncs.
async fn newly_joined_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.create_room(json!({ "preset": "public_chat", "name": "Open" })).await?;
    alice.say(&room, "history").await?;
    alice.say(&room, "more history").await?;
    let since = bob.now().await?;
    bob.join(&room).await?;
    let sync = two_since(&bob, &since).await?;
    let mine = joined(&sync, &room);
    ensure_eq!(mine["timeline"]["limited"], true, "there is history before the timeline");
    let all: Vec<Value> = events(mine, "state").iter().chain(events(mine, "timeline")).cloned().collect();
    for kind in ["m.room.create", "m.room.name", "m.room.power_levels", "m.room.join_rules"] {
        ensure!(find(&all, kind, "").is_some(), "{kind} is missing");
    }
    for user in [&alice, &bob] {
        ensure_eq!(content(&all, "m.room.member", &user.id)["membership"], "join", "member event of {user}");
    }
    Ok(())
}

async fn rejoined_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.create_room(json!({ "preset": "public_chat", "name": "old" })).await?;
    bob.join(&room).await?;
    bob.leave(&room).await?;
    let since = bob.now().await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "new" })).await?;
    bob.join(&room).await?;
    let sync = two_since(&bob, &since).await?;
    let mine = joined(&sync, &room);
    let all: Vec<Value> = events(mine, "state").iter().chain(events(mine, "timeline")).cloned().collect();
    ensure_eq!(content(&all, "m.room.name", "")["name"], "new", "name after joining again");
    ensure!(find(&all, "m.room.create", "").is_some(), "the state is whole again: {all:?}");
    Ok(())
}

async fn left_and_rejoined_within_one_sync(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.create_room(json!({ "preset": "public_chat", "name": "old" })).await?;
    bob.join(&room).await?;
    let since = bob.now().await?;
    bob.leave(&room).await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "while away" })).await?;
    bob.join(&room).await?;
    let sync = bob.sync_since(&since).await?;
    let mine = joined(&sync, &room);
    ensure!(mine.is_object(), "the room is joined: {sync}");
    ensure!(sync["rooms"]["leave"][&room].is_null(), "it is not left at the same time");
    let all: Vec<Value> = events(mine, "state").iter().chain(events(mine, "timeline")).cloned().collect();
    ensure_eq!(content(&all, "m.room.name", "")["name"], "while away", "what changed while away");
    Ok(())
}

async fn timeline_limit_zero(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "Zero" })).await?;
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "limit": 0 } } }), "").await?;
    let mine = joined(&sync, &room);
    ensure!(events(mine, "timeline").len() <= 1, "no events were asked for: {mine}");
    ensure_eq!(content(events(mine, "state"), "m.room.name", "")["name"], "Zero", "the state is whole");
    Ok(())
}

//! Events around an event, and the event nearest to a time.

use super::prelude::*;

tests! { "context":
    both_sides, "event-context", ["GET v3/rooms/{roomId}/context/{eventId}"];
    limit, "event-context", ["GET v3/rooms/{roomId}/context/{eventId}"];
    limit_zero, "event-context", ["GET v3/rooms/{roomId}/context/{eventId}"];
    state, "event-context", ["GET v3/rooms/{roomId}/context/{eventId}"];
    state_at_the_end, "event-context", ["GET v3/rooms/{roomId}/context/{eventId}"];
    tokens_page_on, "event-context", ["GET v3/rooms/{roomId}/context/{eventId}"];
    filter, "event-context", ["GET v3/rooms/{roomId}/context/{eventId}"];
    lazy_members, "lazy-loading-room-members", ["GET v3/rooms/{roomId}/context/{eventId}"];
    unknown_event, "event-context", ["GET v3/rooms/{roomId}/context/{eventId} 404"];
    not_member, "event-context", ["GET v3/rooms/{roomId}/context/{eventId} 403"];
    event_of_other_room, "event-context", ["GET v3/rooms/{roomId}/context/{eventId} 404"];
    timestamp, "getting-events-for-a-room", ["GET v1/rooms/{roomId}/timestamp_to_event"];
    timestamp_between, "getting-events-for-a-room", ["GET v1/rooms/{roomId}/timestamp_to_event"];
    timestamp_before_the_room, "getting-events-for-a-room", ["GET v1/rooms/{roomId}/timestamp_to_event M_NOT_FOUND"];
    timestamp_after_the_last, "getting-events-for-a-room", ["GET v1/rooms/{roomId}/timestamp_to_event M_NOT_FOUND"];
    timestamp_not_member, "getting-events-for-a-room", ["GET v1/rooms/{roomId}/timestamp_to_event M_FORBIDDEN"];
    timestamp_bad_parameters, "getting-events-for-a-room", ["GET v1/rooms/{roomId}/timestamp_to_event 400"];
}

/// A room with numbered messages.
async fn talk(alice: &User, count: usize) -> Result<(String, Vec<String>), Failure> {
    let room = alice.public_room().await?;
    let mut sent = Vec::new();
    for number in 0..count {
        sent.push(alice.say(&room, &format!("message {number}")).await?);
    }
    Ok((room, sent))
}

async fn around(user: &User, room: &str, event: &str, query: &str) -> Result<Value, Failure> {
    user.get(format!("{}?{query}", v3!("rooms/{}/context/{}", room, event))).await?.ok()
}

fn side<'a>(answer: &'a Value, key: &str) -> Vec<&'a str> {
    ids(answer[key].as_array().map(Vec::as_slice).unwrap_or_default())
}

/// The nth message of a talk.
fn nth(sent: &[String], number: usize) -> &str {
    sent.get(number).map(String::as_str).unwrap_or_default()
}

/// "events_before: A list of room events that happened just before the requested event, in reverse-chronological
/// order"; events_after "in chronological order".
async fn both_sides(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 7).await?;
    let answer = around(&alice, &room, nth(&sent, 3), "limit=4").await?;
    ensure_eq!(answer["event"]["event_id"], nth(&sent, 3), "the event itself");
    ensure_eq!(side(&answer, "events_before"), [nth(&sent, 2), nth(&sent, 1)], "events before");
    ensure_eq!(side(&answer, "events_after"), [nth(&sent, 4), nth(&sent, 5)], "events after");
    Ok(())
}

/// "The limit applies to the sum of the events_before and events_after arrays."
async fn limit(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 15).await?;
    for (query, most) in [("limit=1", 1), ("limit=3", 3), ("limit=6", 6), ("", 10)] {
        let answer = around(&alice, &room, nth(&sent, 7), query).await?;
        let count = side(&answer, "events_before").len() + side(&answer, "events_after").len();
        ensure!(count <= most && count + 1 >= most, "{query:?}: {count} events around, not {most}");
    }
    Ok(())
}

/// "The requested event ID is always returned in event even if limit is 0."
async fn limit_zero(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 3).await?;
    let answer = around(&alice, &room, nth(&sent, 1), "limit=0").await?;
    ensure_eq!(answer["event"]["event_id"], nth(&sent, 1), "the event itself");
    ensure!(side(&answer, "events_before").is_empty() && side(&answer, "events_after").is_empty(), "{answer}");
    Ok(())
}

async fn state(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 1).await?;
    let answer = around(&alice, &room, nth(&sent, 0), "limit=2").await?;
    let state = answer["state"].as_array().cloned().unwrap_or_default();
    for (kind, key) in [("m.room.create", ""), ("m.room.power_levels", ""), ("m.room.member", alice.id.as_str())] {
        ensure!(find(&state, kind, key).is_some(), "{kind} is missing in the state");
    }
    Ok(())
}

/// "The state of the room at the last event returned."
async fn state_at_the_end(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "first" })).await?;
    let event = alice.say(&room, "here").await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "second" })).await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "third" })).await?;
    for (query, want) in [("limit=0", "first"), ("limit=20", "third")] {
        let answer = around(&alice, &room, &event, query).await?;
        let state = answer["state"].as_array().cloned().unwrap_or_default();
        let name = find(&state, "m.room.name", "").map(|event| event["content"]["name"].clone());
        ensure_eq!(name, Some(json!(want)), "name with {query}");
    }
    Ok(())
}

/// `start` pages back and `end` pages on, without gap or overlap.
async fn tokens_page_on(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 9).await?;
    let answer = around(&alice, &room, nth(&sent, 4), "limit=2").await?;
    let (start, end) = (encode(text(&answer, "start")?), encode(text(&answer, "end")?));
    let path = v3!("rooms/{}/messages", room);
    let back = alice.get(format!("{path}?dir=b&limit=2&from={start}")).await?.ok()?;
    ensure_eq!(side(&back, "chunk"), [nth(&sent, 2), nth(&sent, 1)], "back from start");
    let forth = alice.get(format!("{path}?dir=f&limit=2&from={end}")).await?.ok()?;
    ensure_eq!(side(&forth, "chunk"), [nth(&sent, 6), nth(&sent, 7)], "on from end");
    Ok(())
}

/// "The filter is only applied to events_before, events_after, and state. It is not applied to the event itself."
async fn filter(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let before = alice.send(&room, "org.example.wanted", json!({})).await?;
    let event = alice.say(&room, "middle").await?;
    alice.say(&room, "unwanted").await?;
    let after = alice.send(&room, "org.example.wanted", json!({})).await?;
    let filter = encode(json!({ "types": ["org.example.wanted"] }).to_string());
    let answer = around(&alice, &room, &event, &format!("limit=10&filter={filter}")).await?;
    ensure_eq!(answer["event"]["event_id"], event.as_str(), "the event itself");
    ensure_eq!(side(&answer, "events_before"), [before], "events before");
    ensure_eq!(side(&answer, "events_after"), [after], "events after");
    Ok(())
}

async fn lazy_members(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    carol.join(&room).await?;
    let event = bob.say(&room, "hello").await?;
    let filter = encode(json!({ "lazy_load_members": true }).to_string());
    let answer = around(&alice, &room, &event, &format!("limit=0&filter={filter}")).await?;
    let state = answer["state"].as_array().cloned().unwrap_or_default();
    ensure!(find(&state, "m.room.member", &bob.id).is_some(), "the sender's member event: {state:?}");
    ensure!(find(&state, "m.room.member", &carol.id).is_none(), "nobody else's: {state:?}");
    Ok(())
}

async fn unknown_event(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let path = v3!("rooms/{}/context/$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", room);
    alice.get(path).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn not_member(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (room, sent) = talk(&alice, 1).await?;
    let reply = bob.get(v3!("rooms/{}/context/{}", room, nth(&sent, 0))).await?;
    ensure!(matches!(reply.status, 403 | 404), "status: {}", reply.brief());
    Ok(())
}

async fn event_of_other_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (_, sent) = talk(&alice, 1).await?;
    let other = alice.private_room().await?;
    // No error code is prescribed here.
    alice.get(v3!("rooms/{}/context/{}", other, nth(&sent, 0))).await?.refused(404).map(drop)
}

async fn nearest(user: &User, room: &str, query: &str) -> Result<Reply, Failure> {
    user.get(format!("{}?{query}", v1!("rooms/{}/timestamp_to_event", room))).await
}

async fn time_of(user: &User, room: &str, event: &str) -> Result<u64, Failure> {
    let event = user.event(room, event).await?;
    event["origin_server_ts"].as_u64().ok_or_else(|| Failure::new(format!("no origin_server_ts: {event}")))
}

async fn timestamp(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let event = alice.say(&room, "now").await?;
    let ts = time_of(&alice, &room, &event).await?;
    for dir in ["f", "b"] {
        let answer = nearest(&alice, &room, &format!("ts={ts}&dir={dir}")).await?.ok()?;
        ensure_eq!(answer, json!({ "event_id": event, "origin_server_ts": ts }), "the event at its own time, {dir}");
    }
    Ok(())
}

async fn timestamp_between(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let mut sent = Vec::new();
    for number in 0..2 {
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        sent.push(alice.say(&room, &number.to_string()).await?);
    }
    let ts = time_of(&alice, &room, nth(&sent, 0)).await? + 5;
    for (dir, want) in [("b", nth(&sent, 0)), ("f", nth(&sent, 1))] {
        let answer = nearest(&alice, &room, &format!("ts={ts}&dir={dir}")).await?.ok()?;
        ensure_eq!(answer["event_id"], want, "nearest event in direction {dir}");
    }
    Ok(())
}

async fn timestamp_before_the_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    nearest(&alice, &room, "ts=1000&dir=b").await?.error(404, "M_NOT_FOUND")?;
    let answer = nearest(&alice, &room, "ts=1000&dir=f").await?.ok()?;
    let first = alice.event(&room, &text(&answer, "event_id")?).await?;
    ensure_eq!(first["type"], "m.room.create", "the first event of the room");
    Ok(())
}

async fn timestamp_after_the_last(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 1).await?;
    let ts = time_of(&alice, &room, nth(&sent, 0)).await? + 3_600_000;
    nearest(&alice, &room, &format!("ts={ts}&dir=f")).await?.error(404, "M_NOT_FOUND")?;
    let answer = nearest(&alice, &room, &format!("ts={ts}&dir=b")).await?.ok()?;
    ensure_eq!(answer["event_id"], nth(&sent, 0), "the last event");
    Ok(())
}

async fn timestamp_not_member(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    nearest(&bob, &room, "ts=1000&dir=f").await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn timestamp_bad_parameters(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for query in ["dir=f", "ts=noon&dir=f", "ts=1000&dir=up"] {
        nearest(&alice, &room, query).await?.refused(400)?;
    }
    Ok(())
}

//! Threads: what is bundled with a thread root.

use super::super::membership::pair;
use super::prelude::*;
use super::{bundle, children, chunk, edit, reaction, thread};

tests! { "threads":
    bundled, "server-side-aggregation-of-mthread-relationships", ["GET v3/rooms/{roomId}/event/{eventId}"];
    in_messages_and_sync, "server-side-aggregation-of-mthread-relationships",
        ["GET v3/rooms/{roomId}/messages", "GET v3/sync"];
    participated, "server-side-aggregation-of-mthread-relationships", ["GET v3/rooms/{roomId}/event/{eventId}"];
    participated_since, "server-side-aggregation-of-mthread-relationships", ["GET v3/rooms/{roomId}/event/{eventId}"];
    latest_event_has_its_edit, "server-side-aggregation-of-mthread-relationships",
        ["GET v3/rooms/{roomId}/event/{eventId}"];
    redacted_latest, "server-side-aggregation-of-mthread-relationships", ["GET v3/rooms/{roomId}/event/{eventId}"];
    all_redacted, "aggregations-of-child-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
}

/// "the most recent event in the thread", "simply the number of events using m.thread".
async fn bundled(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    for count in 1..=3 {
        let last = thread(&bob, &room, &root).await?;
        let got = bundle(&alice, &room, &root).await?["m.thread"].take();
        ensure_eq!(got["count"], count, "count: {got}");
        ensure_eq!(got["latest_event"]["event_id"], last.as_str(), "latest_event");
        ensure_eq!(got["latest_event"]["content"]["body"], "m.thread", "its content");
        ensure_eq!(got["latest_event"]["sender"], bob.id.as_str(), "its sender");
    }
    Ok(())
}

async fn in_messages_and_sync(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let last = thread(&alice, &room, &root).await?;
    let page = bob.get(v3!("rooms/{}/messages?dir=f&limit=100", room)).await?.ok()?;
    let sync = bob.sync_filtered(&json!({ "room": { "timeline": { "limit": 2 } } }), "").await?;
    for list in [&page["chunk"], &joined(&sync, &room)["timeline"]["events"]] {
        let found = list.as_array().into_iter().flatten().find(|event| event["event_id"] == root.as_str());
        let event = found.cloned().unwrap_or_default();
        let got = &event["unsigned"]["m.relations"]["m.thread"];
        ensure_eq!(got["latest_event"]["event_id"], last.as_str(), "latest_event of {event}");
    }
    Ok(())
}

/// "current_user_participated is true when the authenticated user is either: 1. The sender of the thread root event.
/// 2. The sender of an event which references the thread root with a rel_type of m.thread."
async fn participated(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    let root = alice.say(&room, "root").await?;
    thread(&bob, &room, &root).await?;
    carol.send(&room, "m.reaction", reaction(&root, "👍")).await?;
    for (user, want) in [(&alice, true), (&bob, true), (&carol, false)] {
        let got = bundle(user, &room, &root).await?["m.thread"].take();
        ensure_eq!(got["current_user_participated"], want, "current_user_participated for {user}: {got}");
    }
    Ok(())
}

/// Who looked at the thread before writing in it takes part too.
async fn participated_since(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    thread(&alice, &room, &root).await?;
    for want in [false, true] {
        let got = bundle(&bob, &room, &root).await?["m.thread"].take();
        ensure_eq!(got["current_user_participated"], want, "current_user_participated: {got}");
        thread(&bob, &room, &root).await?;
    }
    Ok(())
}

/// "child events of the latest_event should themselves be aggregated and included under m.relations for that event."
async fn latest_event_has_its_edit(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let last = thread(&bob, &room, &root).await?;
    let change = bob.send(&room, "m.room.message", edit(&last, "better")).await?;
    let got = bundle(&alice, &room, &root).await?["m.thread"].take();
    ensure_eq!(got["count"], 1, "an edit is no message of the thread: {got}");
    ensure_eq!(got["latest_event"]["event_id"], last.as_str(), "latest_event");
    let inner = &got["latest_event"]["unsigned"]["m.relations"]["m.replace"];
    ensure_eq!(inner["event_id"], change.as_str(), "its edit: {got}");
    Ok(())
}

async fn redacted_latest(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let first = thread(&bob, &room, &root).await?;
    let second = thread(&bob, &room, &root).await?;
    bob.redact(&room, &second).await?;
    let got = bundle(&alice, &room, &root).await?["m.thread"].take();
    ensure_eq!(got["count"], 1, "count: {got}");
    ensure_eq!(got["latest_event"]["event_id"], first.as_str(), "latest_event");
    let answer = children(&alice, &room, &root, "/m.thread").await?;
    ensure_eq!(chunk(&answer), [first.as_str()], "the thread");
    Ok(())
}

async fn all_redacted(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let only = thread(&bob, &room, &root).await?;
    bob.redact(&room, &only).await?;
    let got = bundle(&alice, &room, &root).await?;
    ensure!(got["m.thread"].is_null(), "the thread is gone: {got}");
    Ok(())
}

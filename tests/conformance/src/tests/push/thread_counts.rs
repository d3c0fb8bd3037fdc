//! Unread counts of threads.

use super::super::membership::pair;
use super::super::receipts::{receipt, threaded_receipt};
use super::super::relations::{reaction, thread};
use super::prelude::*;

tests! { "thread_counts":
    apart, "receiving-notifications", ["GET v3/sync"];
    together_without_the_filter, "receiving-notifications", ["GET v3/sync"];
    in_the_answer_with_the_event, "receiving-notifications", ["GET v3/sync"];
    highlights, "receiving-notifications", ["GET v3/sync"];
    receipt_in_the_thread, "marking-notifications-as-read", ["GET v3/sync"];
    receipt_in_main, "marking-notifications-as-read", ["GET v3/sync"];
    unthreaded_receipt, "marking-notifications-as-read", ["GET v3/sync"];
    two_threads, "receiving-notifications", ["GET v3/sync"];
    child_of_a_threaded_event, "marking-notifications-as-read", ["GET v3/sync"];
}

/// Counts of a room under the filter: (main timeline, {root: {…}} or null).
async fn counts(user: &User, room: &str) -> Result<(Value, Value), Failure> {
    let filter = json!({ "room": { "timeline": { "unread_thread_notifications": true } } });
    let sync = user.sync_filtered(&filter, "").await?;
    let mine = joined(&sync, room);
    Ok((mine["unread_notifications"].clone(), mine["unread_thread_notifications"].clone()))
}

fn pair_of(notifications: u64, highlights: u64) -> Value {
    json!({ "notification_count": notifications, "highlight_count": highlights })
}

/// Fails unless the main timeline and one thread have so many notifications. "If a thread does not have any
/// notifications it can be omitted from this object."
async fn expect(user: &User, room: &str, main: u64, root: &str, in_thread: u64, about: &str) -> Outcome {
    let (mut got, threads) = counts(user, room).await?;
    ensure_eq!(got["notification_count"].take(), main, "main timeline after {about}");
    let count = threads[root]["notification_count"].as_u64().unwrap_or_default();
    ensure_eq!(count, in_thread, "the thread after {about}: {threads}");
    Ok(())
}

/// A room with a root of bob, two messages in its thread, and one more in the main timeline.
async fn talk(server: &Server) -> Result<(User, User, String, [String; 4]), Failure> {
    let (alice, bob, room) = pair(server).await?;
    let root = bob.say(&room, "root").await?;
    let (first, second) = (thread(&bob, &room, &root).await?, thread(&bob, &room, &root).await?);
    let main = bob.say(&room, "main").await?;
    Ok((alice, bob, room, [root, first, second, main]))
}

/// "these counts will only be for the main timeline rather than all events in the room."
async fn apart(server: Server) -> Outcome {
    let (alice, _, room, [root, ..]) = talk(&server).await?;
    let (main, threads) = counts(&alice, &room).await?;
    ensure_eq!(main, pair_of(2, 0), "main timeline: the root and the message after it");
    ensure_eq!(threads, json!({ root: pair_of(2, 0) }), "threads");
    Ok(())
}

/// "Defaults to false."
async fn together_without_the_filter(server: Server) -> Outcome {
    let (alice, _, room, _) = talk(&server).await?;
    super::unread(&alice, &room, 4, 0, "four messages, without the filter").await?;
    let sync = alice.first_sync().await?;
    ensure!(joined(&sync, &room)["unread_thread_notifications"].is_null(), "not asked for: {sync}");
    Ok(())
}

/// "The updated notification count from a new event MUST appear in the same /sync response as the event itself."
async fn in_the_answer_with_the_event(server: Server) -> Outcome {
    let (alice, bob, room, [root, ..]) = talk(&server).await?;
    let filter = json!({ "room": { "timeline": { "unread_thread_notifications": true } } });
    let since = encode(text(&alice.sync_filtered(&filter, "").await?, "next_batch")?);
    let event = thread(&bob, &room, &root).await?;
    let sync = alice.sync_filtered(&filter, &format!("since={since}")).await?;
    ensure!(has_event(&sync, &room, &event), "the event: {sync}");
    let mine = joined(&sync, &room);
    ensure_eq!(mine["unread_thread_notifications"][&root], pair_of(3, 0), "the thread");
    ensure_eq!(mine["unread_notifications"], pair_of(2, 0), "main timeline");
    Ok(())
}

async fn highlights(server: Server) -> Outcome {
    let (alice, bob, room, [root, ..]) = talk(&server).await?;
    let relation = json!({ "rel_type": "m.thread", "event_id": root });
    let mut content = json!({ "msgtype": "m.text", "body": "you", "m.relates_to": relation });
    content["m.mentions"] = json!({ "user_ids": [alice.id] });
    bob.send(&room, "m.room.message", content).await?;
    let (main, threads) = counts(&alice, &room).await?;
    ensure_eq!(main, pair_of(2, 0), "main timeline");
    ensure_eq!(threads, json!({ root: pair_of(3, 1) }), "threads");
    Ok(())
}

async fn receipt_in_the_thread(server: Server) -> Outcome {
    let (alice, _, room, [root, first, second, _]) = talk(&server).await?;
    for (event, left) in [(first, 1), (second, 0)] {
        threaded_receipt(&alice, &room, "m.read", &event, &root).await?;
        expect(&alice, &room, 2, &root, left, "a receipt in the thread").await?;
    }
    Ok(())
}

/// "marking A as read with a threaded read receipt would not mean that C, E, G, or H get marked as read".
async fn receipt_in_main(server: Server) -> Outcome {
    let (alice, _, room, [root, _, _, main]) = talk(&server).await?;
    threaded_receipt(&alice, &room, "m.read.private", &root, "main").await?;
    expect(&alice, &room, 1, &root, 2, "a receipt at the root").await?;
    threaded_receipt(&alice, &room, "m.read", &main, "main").await?;
    expect(&alice, &room, 0, &root, 2, "a receipt at the end of the main timeline").await
}

/// "An unthreaded read receipt on D would mark A, B, C, and D as read."
async fn unthreaded_receipt(server: Server) -> Outcome {
    let (alice, _, room, [root, first, _, main]) = talk(&server).await?;
    receipt(&alice, &room, "m.read", &first).await?;
    expect(&alice, &room, 1, &root, 1, "an unthreaded receipt in the thread").await?;
    receipt(&alice, &room, "m.read", &main).await?;
    expect(&alice, &room, 0, &root, 0, "an unthreaded receipt at the end").await
}

async fn two_threads(server: Server) -> Outcome {
    let (alice, bob, room, [root, _, last, main]) = talk(&server).await?;
    thread(&bob, &room, &main).await?;
    let (_, threads) = counts(&alice, &room).await?;
    ensure_eq!(threads, json!({ &root: pair_of(2, 0), &main: pair_of(1, 0) }), "threads");
    threaded_receipt(&alice, &room, "m.read", &last, &root).await?;
    expect(&alice, &room, 2, &main, 1, "reading the first thread").await?;
    expect(&alice, &room, 2, &root, 0, "reading the first thread").await
}

/// "the server follows the event relationship until it finds a thread root via an m.thread relation"; "a maximum of 3
/// hops".
async fn child_of_a_threaded_event(server: Server) -> Outcome {
    let (alice, bob, room, [root, first, _, main]) = talk(&server).await?;
    let conditions = json!([{ "kind": "event_match", "key": "type", "pattern": "m.reaction" }]);
    super::rule(&alice, "override/likes", json!({ "conditions": conditions, "actions": ["notify"] })).await?;
    bob.send(&room, "m.reaction", reaction(&first, "👍")).await?;
    expect(&alice, &room, 2, &root, 3, "a reaction in the thread").await?;
    for target in [&root, &main] {
        bob.send(&room, "m.reaction", reaction(target, "👍")).await?;
    }
    expect(&alice, &room, 4, &root, 3, "reactions in the main timeline").await
}

//! What may be the root of a thread.

use super::super::membership::pair;
use super::prelude::*;
use super::{bundle, chunk, edit, reaction, relate, relating, thread};

tests! { "threads":
    root_redacted, "aggregations-of-child-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    root_edited, "aggregations-of-child-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    of_a_threaded_event, "validation-of-mthread-relationships",
        ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_UNKNOWN"];
    of_other_children, "validation-of-mthread-relationships",
        ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_UNKNOWN"];
    from_other_room, "forming-relationships-between-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    encrypted, "threading", ["GET v3/rooms/{roomId}/event/{eventId}"];
}

/// "When a parent event is redacted, the child events which pointed to that parent remain".
async fn root_redacted(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let last = thread(&bob, &room, &root).await?;
    alice.redact(&room, &root).await?;
    let got = bundle(&bob, &room, &root).await?["m.thread"].take();
    ensure_eq!(got["count"], 1, "count: {got}");
    ensure_eq!(got["latest_event"]["event_id"], last.as_str(), "latest_event");
    Ok(())
}

/// Each relation has its own place in the bundle.
async fn root_edited(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let last = thread(&bob, &room, &root).await?;
    let change = alice.send(&room, "m.room.message", edit(&root, "better")).await?;
    let reference = relate(&bob, &room, "m.reference", &root).await?;
    let got = bundle(&alice, &room, &root).await?;
    ensure_eq!(got["m.thread"]["latest_event"]["event_id"], last.as_str(), "latest_event");
    ensure_eq!(got["m.replace"]["event_id"], change.as_str(), "the edit");
    ensure_eq!(chunk(&got["m.reference"]), [reference.as_str()], "references");
    Ok(())
}

/// "It is therefore also not possible to nest threads." "servers should use M_UNKNOWN alongside the HTTP 400 status
/// code."
async fn of_a_threaded_event(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let reply = thread(&bob, &room, &root).await?;
    let nested = relating("m.thread", &reply, "nested");
    alice.try_send(&room, "m.room.message", nested).await?.error(400, "M_UNKNOWN")?;
    let got = bundle(&alice, &room, &reply).await?;
    ensure!(got.is_null(), "nothing relates to the reply: {got}");
    Ok(())
}

/// "Servers SHOULD reject client requests which attempt to start a thread off an event with an m.relates_to property."
async fn of_other_children(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let change = alice.send(&room, "m.room.message", edit(&parent, "edit")).await?;
    let like = alice.send(&room, "m.reaction", reaction(&parent, "👍")).await?;
    let reference = relate(&alice, &room, "m.reference", &parent).await?;
    for target in [change, like, reference] {
        let content = relating("m.thread", &target, "thread");
        alice.try_send(&room, "m.room.message", content).await?.error(400, "M_UNKNOWN")?;
    }
    Ok(())
}

/// "so long as both events are in the same room"
async fn from_other_room(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let elsewhere = bob.private_room().await?;
    let reply = bob.try_send(&elsewhere, "m.room.message", relating("m.thread", &root, "x")).await?;
    ensure!(matches!(reply.status, 200 | 400 | 404), "status: {}", reply.brief());
    for user in [&alice, &bob] {
        let got = bundle(user, &room, &root).await?;
        ensure!(got.is_null(), "a message of another room: {got}");
    }
    Ok(())
}

/// "the m.relates_to key of an event MUST be included in the cleartext portion of the event."
async fn encrypted(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let secret = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AAAA", "session_id": "abc" });
    let root = alice.send(&room, "m.room.encrypted", secret.clone()).await?;
    let mut content = secret;
    content["m.relates_to"] = json!({ "rel_type": "m.thread", "event_id": root });
    let last = bob.send(&room, "m.room.encrypted", content).await?;
    let got = bundle(&alice, &room, &root).await?["m.thread"].take();
    ensure_eq!(got["latest_event"]["event_id"], last.as_str(), "latest_event");
    Ok(())
}

//! Edits that count: what is bundled with the edited event.

use super::super::membership::pair;
use super::prelude::*;
use super::{bundle, children, edit, relate};

tests! { "edits":
    in_event, "server-side-aggregation-of-mreplace-relationships", ["GET v3/rooms/{roomId}/event/{eventId}"];
    in_messages, "server-side-aggregation-of-mreplace-relationships", ["GET v3/rooms/{roomId}/messages"];
    in_context, "server-side-aggregation-of-mreplace-relationships", ["GET v3/rooms/{roomId}/context/{eventId}"];
    in_sync, "server-side-aggregation-of-mreplace-relationships", ["GET v3/sync"];
    in_relations, "server-side-aggregation-of-mreplace-relationships",
        ["GET v1/rooms/{roomId}/relations/{eventId}", "GET v1/rooms/{roomId}/relations/{eventId}/{relType}"];
    content_left_intact, "server-side-aggregation-of-mreplace-relationships",
        ["GET v3/rooms/{roomId}/event/{eventId}"];
    latest_wins, "server-side-aggregation-of-mreplace-relationships", ["GET v3/rooms/{roomId}/event/{eventId}"];
    redacted_edit, "redactions-of-edited-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    redacted_original, "redactions-of-edited-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    of_other_msgtype, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    of_encrypted, "editing-encrypted-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
}

/// A room with a message of alice and an edit of it; bob is in it.
async fn edited(server: &Server) -> Result<(User, User, String, [String; 2]), Failure> {
    let (alice, bob, room) = pair(server).await?;
    let original = alice.say(&room, "I like cake").await?;
    let change = alice.send(&room, "m.room.message", edit(&original, "I love cake")).await?;
    Ok((alice, bob, room, [original, change]))
}

/// "The aggregation format of m.replace relationships gives the most recent valid replacement event, formatted as
/// normal."
fn bundled(original: &Value, change: &str) -> Outcome {
    let got = &original["unsigned"]["m.relations"]["m.replace"];
    ensure_eq!(got["event_id"], change, "the bundled edit of {original}");
    ensure_eq!(got["type"], "m.room.message", "its type");
    ensure_eq!(got["sender"], original["sender"], "its sender");
    ensure!(got["origin_server_ts"].is_u64(), "its time: {got}");
    ensure_eq!(got["content"]["m.new_content"]["body"], "I love cake", "its content");
    Ok(())
}

/// The event with this id in a list.
fn the(list: &Value, id: &str) -> Value {
    let mut all = list.as_array().into_iter().flatten();
    all.find(|event| event["event_id"] == id).cloned().unwrap_or_default()
}

async fn in_event(server: Server) -> Outcome {
    let (alice, bob, room, [original, change]) = edited(&server).await?;
    for user in [&alice, &bob] {
        bundled(&user.event(&room, &original).await?, &change)?;
    }
    Ok(())
}

async fn in_messages(server: Server) -> Outcome {
    let (_, bob, room, [original, change]) = edited(&server).await?;
    let page = bob.get(v3!("rooms/{}/messages?dir=b&limit=10", room)).await?.ok()?;
    bundled(&the(&page["chunk"], &original), &change)
}

async fn in_context(server: Server) -> Outcome {
    let (alice, bob, room, [original, change]) = edited(&server).await?;
    let around = bob.get(v3!("rooms/{}/context/{}", room, original)).await?.ok()?;
    bundled(&around["event"], &change)?;
    let later = alice.say(&room, "later").await?;
    let around = bob.get(v3!("rooms/{}/context/{}", room, later)).await?.ok()?;
    bundled(&the(&around["events_before"], &original), &change)
}

/// "GET /sync when the relevant section has a limited value of true."
async fn in_sync(server: Server) -> Outcome {
    let (_, bob, room, [original, change]) = edited(&server).await?;
    let sync = bob.sync_filtered(&json!({ "room": { "timeline": { "limit": 2 } } }), "").await?;
    let timeline = &joined(&sync, &room)["timeline"];
    ensure_eq!(timeline["limited"], true, "limited: {timeline}");
    bundled(&the(&timeline["events"], &original), &change)
}

async fn in_relations(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let child = relate(&alice, &room, "m.reference", &parent).await?;
    let change = alice.send(&room, "m.room.message", edit(&child, "I love cake")).await?;
    for rest in ["", "/m.reference", "/m.reference/m.room.message"] {
        let answer = children(&bob, &room, &parent, rest).await?;
        bundled(&the(&answer["chunk"], &child), &change)?;
    }
    Ok(())
}

/// "the content of the original event is left intact."
async fn content_left_intact(server: Server) -> Outcome {
    let (_, bob, room, [original, _]) = edited(&server).await?;
    let want = json!({ "msgtype": "m.text", "body": "I like cake" });
    ensure_eq!(bob.event(&room, &original).await?["content"], want, "content of the original");
    let page = bob.get(v3!("rooms/{}/messages?dir=b&limit=10", room)).await?.ok()?;
    ensure_eq!(the(&page["chunk"], &original)["content"], want, "in /messages");
    Ok(())
}

async fn latest_wins(server: Server) -> Outcome {
    let (alice, bob, room, [original, _]) = edited(&server).await?;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let last = alice.send(&room, "m.room.message", edit(&original, "I love cake")).await?;
    bundled(&bob.event(&room, &original).await?, &last)
}

/// "if it was the most recent edit, the event is in effect reverted to its content before the redacted edit."
async fn redacted_edit(server: Server) -> Outcome {
    let (alice, bob, room, [original, first]) = edited(&server).await?;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let second = alice.send(&room, "m.room.message", edit(&original, "typo")).await?;
    alice.redact(&room, &second).await?;
    bundled(&bob.event(&room, &original).await?, &first)?;
    alice.redact(&room, &first).await?;
    let left = bundle(&bob, &room, &original).await?;
    ensure!(left["m.replace"].is_null(), "no edit is left: {left}");
    Ok(())
}

/// "If the original event is redacted, any m.replace relationship should not be bundled with it".
async fn redacted_original(server: Server) -> Outcome {
    let (alice, bob, room, [original, change]) = edited(&server).await?;
    alice.redact(&room, &original).await?;
    let left = bundle(&bob, &room, &original).await?;
    ensure!(left["m.replace"].is_null(), "a redacted event has no edit: {left}");
    // "Note that the subsequent edits are not actually redacted themselves".
    let edit = bob.event(&room, &change).await?;
    ensure_eq!(edit["content"]["m.new_content"]["body"], "I love cake", "the edit itself");
    Ok(())
}

/// "it is legitimate to replace an m.text event with an m.emote."
async fn of_other_msgtype(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let original = alice.say(&room, "waves").await?;
    let mut content = edit(&original, "waves");
    content["m.new_content"]["msgtype"] = json!("m.emote");
    let change = alice.send(&room, "m.room.message", content).await?;
    ensure_eq!(bundle(&bob, &room, &original).await?["m.replace"]["event_id"], change.as_str(), "the edit");
    Ok(())
}

/// "m.new_content is placed in the content of the encrypted payload": the server cannot see it.
async fn of_encrypted(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let secret = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AAAA", "session_id": "abc" });
    let original = alice.send(&room, "m.room.encrypted", secret.clone()).await?;
    let mut content = secret;
    content["m.relates_to"] = json!({ "rel_type": "m.replace", "event_id": original });
    let change = alice.send(&room, "m.room.encrypted", content).await?;
    ensure_eq!(bundle(&bob, &room, &original).await?["m.replace"]["event_id"], change.as_str(), "the edit");
    Ok(())
}

//! Edits that break a rule: "implementations should ignore the replacement event (... the edit should not be included
//! in the server-side aggregation)".

use super::super::membership::pair;
use super::prelude::*;
use super::{bundle, edit, relating};

tests! { "invalid_edits":
    of_others, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    by_moderator, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    other_type, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    of_state_event, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    by_state_event, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    of_an_edit, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    from_other_room, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    without_new_content, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    valid_one_stays, "validity-of-replacement-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    malformed_relation, "forming-relationships-between-events", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
}

/// Fails unless nothing is bundled as an edit with this event.
async fn not_edited(user: &User, room: &str, event: &str) -> Outcome {
    let got = bundle(user, room, event).await?;
    ensure!(got["m.replace"].is_null(), "the edit is not valid, yet it is bundled: {got}");
    Ok(())
}

/// "The original event and replacement event must have the same sender".
async fn of_others(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let original = alice.say(&room, "mine").await?;
    bob.send(&room, "m.room.message", edit(&original, "forged")).await?;
    for user in [&alice, &bob] {
        not_edited(user, &room, &original).await?;
        ensure_eq!(user.event(&room, &original).await?["content"]["body"], "mine", "the message");
    }
    Ok(())
}

/// Power to redact is no power to edit.
async fn by_moderator(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let original = bob.say(&room, "mine").await?;
    alice.send(&room, "m.room.message", edit(&original, "forged")).await?;
    not_edited(&bob, &room, &original).await
}

/// "The replacement and original events must have the same type".
async fn other_type(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let original = alice.say(&room, "text").await?;
    alice.send(&room, "org.example.message", edit(&original, "other")).await?;
    not_edited(&alice, &room, &original).await
}

/// "The replacement and original events must not have a state_key property (i.e. you cannot edit state events at all)."
async fn of_state_event(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let original = alice.set_state(&room, "org.example.thing", "", json!({ "body": "old" })).await?;
    alice.send(&room, "org.example.thing", edit(&original, "new")).await?;
    not_edited(&alice, &room, &original).await?;
    ensure_eq!(alice.state(&room, "org.example.thing", "").await?["body"], "old", "the state");
    Ok(())
}

async fn by_state_event(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let original = alice.send(&room, "org.example.thing", json!({ "body": "a" })).await?;
    alice.set_state(&room, "org.example.thing", "key", edit(&original, "b")).await?;
    not_edited(&alice, &room, &original).await
}

/// "you cannot edit an edit — though you can send multiple edits for a single original event".
async fn of_an_edit(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let original = alice.say(&room, "one").await?;
    let first = alice.send(&room, "m.room.message", edit(&original, "two")).await?;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    alice.send(&room, "m.room.message", edit(&first, "three")).await?;
    ensure_eq!(bundle(&alice, &room, &original).await?["m.replace"]["event_id"], first.as_str(), "the edit");
    not_edited(&alice, &room, &first).await
}

/// "you cannot send an event in one room and then an edited version in a different room".
async fn from_other_room(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let original = alice.say(&room, "here").await?;
    let elsewhere = alice.private_room().await?;
    let reply = alice.try_send(&elsewhere, "m.room.message", edit(&original, "there")).await?;
    ensure!(matches!(reply.status, 200 | 400 | 404), "status: {}", reply.brief());
    not_edited(&alice, &room, &original).await
}

/// "The replacement event (once decrypted, if appropriate) must have an m.new_content property."
async fn without_new_content(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let original = alice.say(&room, "text").await?;
    alice.send(&room, "m.room.message", relating("m.replace", &original, "* other")).await?;
    not_edited(&alice, &room, &original).await
}

/// An invalid edit does not hide the valid one before it.
async fn valid_one_stays(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let original = alice.say(&room, "one").await?;
    let change = alice.send(&room, "m.room.message", edit(&original, "two")).await?;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    bob.send(&room, "m.room.message", edit(&original, "forged")).await?;
    alice.send(&room, "org.example.message", edit(&original, "other")).await?;
    ensure_eq!(bundle(&bob, &room, &original).await?["m.replace"]["event_id"], change.as_str(), "the edit");
    Ok(())
}

/// "Relationships which don't match the schema ... are simply ignored."
async fn malformed_relation(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let target = alice.say(&room, "target").await?;
    let broken = [
        json!("text"),
        json!([target]),
        json!({ "rel_type": 7, "event_id": target }),
        json!({ "rel_type": "m.replace" }),
        json!({ "rel_type": "m.thread", "event_id": { "id": target } }),
    ];
    for relation in broken {
        let content = json!({ "msgtype": "m.text", "body": "x", "m.relates_to": relation });
        let reply = alice.try_send(&room, "m.room.message", content).await?;
        ensure!(matches!(reply.status, 200 | 400), "{relation}: {}", reply.brief());
    }
    ensure!(bundle(&bob, &room, &target).await?.is_null(), "nothing relates to it");
    alice.first_sync().await.map(drop)
}

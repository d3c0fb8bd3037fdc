//! Redactions.

use super::membership::pair;
use super::prelude::*;

tests! { "redact":
    own_message, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    redacted_because, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    comes_in_sync, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    reason, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    others_message, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId} M_FORBIDDEN"];
    moderator, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    unknown_event, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId} 404"];
    event_of_other_room, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId} 404"];
    same_transaction, "transaction-identifiers", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    same_transaction_other_event, "transaction-identifiers", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    not_member, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId} M_FORBIDDEN"];
    state_event_keeps_what_rules_need, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    where_redacts_stands, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    through_send, "redactions", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    gone_from_messages, "redactions", ["GET v3/rooms/{roomId}/messages"];
}

async fn try_redact(user: &User, room: &str, event: &str) -> Result<Reply, Failure> {
    user.put(v3!("rooms/{}/redact/{}/{}", room, event, user.server.fresh("r")), json!({})).await
}

async fn own_message(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let id = bob.say(&room, "oops").await?;
    bob.redact(&room, &id).await?;
    for user in [&alice, &bob] {
        let event = user.event(&room, &id).await?;
        ensure_eq!(event["content"], json!({}), "content after the redaction");
        ensure_eq!(event["sender"], bob.id.as_str(), "sender stays");
    }
    Ok(())
}

/// `unsigned.redacted_because`: "The event that redacted this event, if any."
async fn redacted_because(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let id = alice.say(&room, "oops").await?;
    let redaction = alice.redact(&room, &id).await?;
    let event = alice.event(&room, &id).await?;
    let because = &event["unsigned"]["redacted_because"];
    ensure_eq!(because["event_id"], redaction.as_str(), "redacted_because of {event}");
    ensure_eq!(because["type"], "m.room.redaction", "its type");
    Ok(())
}

async fn comes_in_sync(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let id = alice.say(&room, "oops").await?;
    let since = bob.now().await?;
    let redaction = alice.redact(&room, &id).await?;
    let sync = bob.sync_since(&since).await?;
    ensure_eq!(ids(events(joined(&sync, &room), "timeline")), [redaction.as_str()], "timeline");
    let sync = bob.first_sync().await?;
    let timeline = events(joined(&sync, &room), "timeline");
    let event = timeline.iter().find(|event| event["event_id"] == id.as_str()).cloned().unwrap_or_default();
    ensure_eq!(event["content"], json!({}), "the message in a first sync");
    Ok(())
}

async fn reason(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let id = alice.say(&room, "oops").await?;
    let path = v3!("rooms/{}/redact/{}/{}", room, id, server.fresh("r"));
    let redaction = text(&alice.put(path, json!({ "reason": "typo" })).await?.ok()?, "event_id")?;
    ensure_eq!(alice.event(&room, &redaction).await?["content"]["reason"], "typo", "reason");
    Ok(())
}

async fn others_message(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let id = alice.say(&room, "keep").await?;
    try_redact(&bob, &room, &id).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(alice.event(&room, &id).await?["content"]["body"], "keep", "the message");
    Ok(())
}

/// "If the user's power level is also greater than or equal to the redact power level of the room, the user may redact
/// events sent by other users."
async fn moderator(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    let id = bob.say(&room, "rude").await?;
    alice.change_power(&room, json!({ "users": { &carol.id: 50 } })).await?;
    carol.redact(&room, &id).await?;
    ensure_eq!(alice.event(&room, &id).await?["content"], json!({}), "content");
    Ok(())
}

async fn unknown_event(server: Server) -> Outcome {
    let (alice, ..) = pair(&server).await?;
    let room = alice.private_room().await?;
    let reply = try_redact(&alice, &room, "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await?;
    // The specification does not say; nothing but success or a clean refusal will do.
    ensure!(matches!(reply.status, 200 | 400 | 403 | 404), "status: {}", reply.brief());
    Ok(())
}

/// A redaction that names an event of another room has no effect there.
async fn event_of_other_room(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let own = bob.public_room().await?;
    let id = alice.say(&room, "keep").await?;
    let reply = try_redact(&bob, &own, &id).await?;
    ensure!(matches!(reply.status, 200 | 400 | 403 | 404), "status: {}", reply.brief());
    ensure_eq!(alice.event(&room, &id).await?["content"]["body"], "keep", "the message of the other room");
    Ok(())
}

async fn same_transaction(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let id = alice.say(&room, "oops").await?;
    let path = v3!("rooms/{}/redact/{}/same", room, id);
    let first = alice.put(&path, json!({})).await?.ok()?;
    ensure_eq!(alice.put(&path, json!({})).await?.ok()?, first, "answer to the repeated request");
    Ok(())
}

/// "and the path of the HTTP request is the same": another event is another path.
async fn same_transaction_other_event(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    for body in ["first", "second"] {
        let id = alice.say(&room, body).await?;
        alice.put(v3!("rooms/{}/redact/{}/one", room, id), json!({})).await?.ok()?;
        ensure_eq!(alice.event(&room, &id).await?["content"], json!({}), "content of the {body}");
    }
    Ok(())
}

async fn not_member(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let id = alice.say(&room, "keep").await?;
    try_redact(&bob, &room, &id).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// What authorisation needs survives a redaction; the rest does not.
async fn state_event_keeps_what_rules_need(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut levels = alice.state(&room, "m.room.power_levels", "").await?;
    levels["org.example.extra"] = json!("gone");
    levels["ban"] = json!(77);
    let id = alice.set_state(&room, "m.room.power_levels", "", levels).await?;
    alice.redact(&room, &id).await?;
    let after = alice.state(&room, "m.room.power_levels", "").await?;
    ensure_eq!(after["ban"], 77, "ban level");
    ensure!(after.get("org.example.extra").is_none(), "the rest is gone: {after}");
    let member = find(&alice.all_state(&room).await?, "m.room.member", &bob.id).cloned().unwrap_or_default();
    alice.redact(&room, &text(&member, "event_id")?).await?;
    let member = alice.state(&room, "m.room.member", &bob.id).await?;
    ensure_eq!(member, json!({ "membership": "join" }), "a redacted member event");
    Ok(())
}

/// `redacts` stands in the content from version 11 on and at the top before; clients may look at either place.
async fn where_redacts_stands(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (version, in_content) in [("10", false), ("11", true), ("12", true)] {
        let room = alice.create_room(json!({ "room_version": version })).await?;
        let id = alice.say(&room, "oops").await?;
        let redaction = alice.redact(&room, &id).await?;
        let event = alice.event(&room, &redaction).await?;
        if in_content {
            ensure_eq!(event["content"]["redacts"], id.as_str(), "redacts in the content, version {version}");
        } else {
            ensure_eq!(event["redacts"], id.as_str(), "redacts at the top, version {version}");
        }
    }
    Ok(())
}

/// Since v1.18 `/send` takes redactions of rooms whose version has `redacts` in the content.
async fn through_send(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "room_version": "11" })).await?;
    let id = alice.say(&room, "oops").await?;
    alice.send(&room, "m.room.redaction", json!({ "redacts": id })).await?;
    ensure_eq!(alice.event(&room, &id).await?["content"], json!({}), "content");
    Ok(())
}

async fn gone_from_messages(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let id = alice.say(&room, "unspeakable").await?;
    alice.redact(&room, &id).await?;
    let page = bob.get(v3!("rooms/{}/messages?dir=b&limit=50", room)).await?;
    ensure!(!page.text.contains("unspeakable"), "the content is still there: {}", page.brief());
    ensure!(page.text.contains(&id), "the event is still there, without content");
    Ok(())
}

//! Which events count as unread.

use super::super::membership::pair;
use super::super::relations::{edit, reaction};
use super::prelude::*;
use super::{mention, unread};

tests! { "unread_counts":
    silent_events, "default-override-rules", ["GET v3/sync"];
    state_events, "default-override-rules", ["GET v3/sync"];
    tombstone, "default-override-rules", ["GET v3/sync"];
    encrypted, "default-underride-rules", ["GET v3/sync"];
    call, "default-underride-rules", ["GET v3/sync"];
    unknown_type, "push-rules", ["GET v3/sync"];
    redacted, "receiving-notifications", ["GET v3/sync"];
    from_before_the_join, "receiving-notifications", ["GET v3/sync"];
    ignored_sender, "ignoring-users", ["GET v3/sync"];
}

/// Notices, reactions and edits notify nobody.
async fn silent_events(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let target = bob.say(&room, "hello").await?;
    unread(&alice, &room, 1, 0, "a message").await?;
    bob.send(&room, "m.room.message", json!({ "msgtype": "m.notice", "body": "notice" })).await?;
    bob.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    bob.send(&room, "m.room.message", edit(&target, "better")).await?;
    unread(&alice, &room, 1, 0, "a notice, a reaction and an edit").await
}

async fn state_events(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    alice.set_state(&room, "m.room.topic", "", json!({ "topic": "new" })).await?;
    let acl = json!({ "allow": ["*"], "deny": ["evil.example.org"] });
    alice.set_state(&room, "m.room.server_acl", "", acl).await?;
    unread(&bob, &room, 0, 0, "a join, a topic and an access list").await
}

async fn tombstone(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let content = json!({ "body": "gone", "replacement_room": "!elsewhere:example.org" });
    alice.set_state(&room, "m.room.tombstone", "", content).await?;
    unread(&bob, &room, 1, 1, "the end of the room").await
}

/// "it either matches all events that are encrypted ... or none."
async fn encrypted(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let secret = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AAAA", "session_id": "abc" });
    bob.send(&room, "m.room.encrypted", secret.clone()).await?;
    unread(&alice, &room, 1, 0, "an encrypted event in a room of two").await?;
    server.user("carol").await?.join(&room).await?;
    bob.send(&room, "m.room.encrypted", secret).await?;
    unread(&alice, &room, 2, 0, "an encrypted event in a room of three").await
}

async fn call(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.create_room(json!({ "preset": "trusted_private_chat", "invite": [bob.id] })).await?;
    bob.join(&room).await?;
    let content = json!({ "call_id": "1", "lifetime": 60_000, "version": 0, "offer": { "type": "offer", "sdp": "" } });
    bob.send(&room, "m.call.invite", content).await?;
    unread(&alice, &room, 1, 0, "a call").await
}

/// "If no rules match an event, the homeserver MUST NOT notify".
async fn unknown_type(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    bob.send(&room, "org.example.noise", json!({ "body": "x" })).await?;
    unread(&alice, &room, 0, 0, "an event no rule matches").await
}

/// What is gone is not unread.
async fn redacted(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    bob.say(&room, "stays").await?;
    unread(&alice, &room, 2, 1, "two messages").await?;
    bob.redact(&room, &event).await?;
    unread(&alice, &room, 1, 0, "the redaction of the mention").await
}

async fn from_before_the_join(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    alice.say(&room, "old").await?;
    bob.join(&room).await?;
    unread(&bob, &room, 0, 0, "joining").await?;
    alice.say(&room, "new").await?;
    unread(&bob, &room, 1, 0, "a message since").await
}

/// "Once ignored, the client will no longer receive events sent by that user".
async fn ignored_sender(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let path = v3!("user/{}/account_data/m.ignored_user_list", alice);
    alice.put(path, json!({ "ignored_users": { &bob.id: {} } })).await?.ok()?;
    bob.say(&room, "noise").await?;
    mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    unread(&alice, &room, 0, 0, "messages of an ignored user").await
}

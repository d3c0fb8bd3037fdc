//! "The server must only return results that the user has permission to see."

use super::ask::word;
use super::prelude::*;

tests! { "search_visible":
    rooms_of_others, "server-side-search", ["POST v3/search"];
    after_leaving, "server-side-search", ["POST v3/search"];
    after_ban, "server-side-search", ["POST v3/search"];
    forgotten, "server-side-search", ["POST v3/search"];
    before_joining, "server-side-search", ["POST v3/search"];
    before_joining_shared, "server-side-search", ["POST v3/search"];
    invited_only, "server-side-search", ["POST v3/search"];
    redacted, "redactions", ["POST v3/search"];
    encrypted_room, "room_events", ["POST v3/search"];
    world_readable, "server-side-search", ["POST v3/search"];
}

async fn rooms_of_others(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &word).await?;
    alice.finds(json!({ "search_term": word }), &[&event]).await?;
    bob.finds(json!({ "search_term": word }), &[]).await?;
    // Also if it is named.
    bob.finds(json!({ "search_term": word, "filter": { "rooms": [room] } }), &[]).await.map(drop)
}

/// "in all rooms that the user has been in, including those that they have left. ... it won't include events in rooms
/// that happened after you left."
async fn after_leaving(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let before = alice.say(&room, &format!("{word} before")).await?;
    bob.leave(&room).await?;
    let after = alice.say(&room, &format!("{word} after")).await?;
    alice.finds(json!({ "search_term": word }), &[&before, &after]).await?;
    bob.finds(json!({ "search_term": word }), &[&before]).await.map(drop)
}

async fn after_ban(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let before = alice.say(&room, &format!("{word} before")).await?;
    alice.act("ban", &room, &bob).await?.ok()?;
    let after = alice.say(&room, &format!("{word} after")).await?;
    alice.finds(json!({ "search_term": word }), &[&before, &after]).await?;
    bob.finds(json!({ "search_term": word }), &[&before]).await.map(drop)
}

/// "This API stops a user remembering about a particular room", so that "any history is no longer retrievable".
async fn forgotten(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let event = alice.say(&room, &word).await?;
    bob.finds(json!({ "search_term": word }), &[&event]).await?;
    bob.leave(&room).await?;
    bob.post(v3!("rooms/{}/forget", room), json!({})).await?.ok()?;
    bob.finds(json!({ "search_term": word }), &[]).await.map(drop)
}

async fn before_joining(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let visibility = json!({ "history_visibility": "joined" });
    let state = json!([{ "type": "m.room.history_visibility", "content": visibility }]);
    let room = alice.create_room(json!({ "preset": "public_chat", "initial_state": state })).await?;
    alice.say(&room, &format!("{word} before")).await?;
    bob.join(&room).await?;
    let after = alice.say(&room, &format!("{word} after")).await?;
    bob.finds(json!({ "search_term": word }), &[&after]).await.map(drop)
}

async fn before_joining_shared(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let room = alice.public_room().await?;
    let before = alice.say(&room, &format!("{word} before")).await?;
    bob.join(&room).await?;
    bob.finds(json!({ "search_term": word }), &[&before]).await.map(drop)
}

async fn invited_only(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &word).await?;
    alice.invite(&room, &bob).await?;
    alice.finds(json!({ "search_term": word }), &[&event]).await?;
    bob.finds(json!({ "search_term": word }), &[]).await.map(drop)
}

/// A redaction takes the text away, also out of the index.
async fn redacted(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let gone = alice.say(&room, &format!("{word} secret")).await?;
    let kept = alice.say(&room, &format!("{word} public")).await?;
    alice.finds(json!({ "search_term": word }), &[&gone, &kept]).await?;
    alice.redact(&room, &gone).await?;
    let answer = alice.finds(json!({ "search_term": word }), &[&kept]).await?;
    ensure!(!answer.to_string().contains("secret"), "redacted text in {answer}");
    Ok(())
}

/// "The search will *not* include rooms that are end to end encrypted."
async fn encrypted_room(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let (room, other) = (alice.private_room().await?, alice.private_room().await?);
    let content = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
    alice.set_state(&room, "m.room.encryption", "", content).await?;
    alice.say(&room, &word).await?;
    let event = alice.say(&other, &word).await?;
    alice.finds(json!({ "search_term": word }), &[&event]).await.map(drop)
}

/// Only rooms "that the user has been in" are searched, also if everybody may read others.
async fn world_readable(server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let visibility = json!({ "history_visibility": "world_readable" });
    let state = json!([{ "type": "m.room.history_visibility", "content": visibility }]);
    let room = alice.create_room(json!({ "preset": "public_chat", "initial_state": state })).await?;
    let event = alice.say(&room, &word).await?;
    alice.finds(json!({ "search_term": word }), &[&event]).await?;
    bob.finds(json!({ "search_term": word }), &[]).await.map(drop)
}

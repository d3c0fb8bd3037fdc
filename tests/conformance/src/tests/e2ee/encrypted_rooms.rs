//! Rooms with encryption: what the server has to do with events that it cannot read.

use super::prelude::*;

tests! { "encrypted_rooms":
    made_encrypted, "mroomencryption", ["POST v3/createRoom"];
    switched_on_later, "mroomencryption", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    only_with_power, "mroomencryption", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN"];
    message_delivered, "mroomencrypted", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}", "GET v3/sync"];
    relation_stays_readable, "mroomencrypted", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    redacted, "redactions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    in_history, "mroomencrypted", ["GET v3/rooms/{roomId}/messages"];
    plain_text_is_taken_too, "mroomencryption", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    seen_by_who_is_invited, "stripped-state", ["GET v3/sync"];
    first_contact, "end-to-end-encryption", ["POST v3/keys/claim", "PUT v3/sendToDevice/{eventType}/{txnId}"];
}

fn megolm() -> Value {
    json!({ "algorithm": "m.megolm.v1.aes-sha2", "rotation_period_ms": 604_800_000, "rotation_period_msgs": 100 })
}

fn cipher(device: &User) -> Value {
    json!({
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": "AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg/yyy=",
        "session_id": "X3lUlvLELLYxeTx4yOVu6UDpasGEVO0Jbu+QFnm0cKQ",
        "sender_key": curve_key("sender"),
        "device_id": device.device,
    })
}

async fn made_encrypted(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let event = json!({ "type": "m.room.encryption", "state_key": "", "content": megolm() });
    let room = alice.create_room(json!({ "preset": "private_chat", "initial_state": [event] })).await?;
    ensure_eq!(alice.state(&room, "m.room.encryption", "").await?, megolm(), "m.room.encryption");
    Ok(())
}

async fn switched_on_later(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let since = bob.now().await?;
    let event = alice.set_state(&room, "m.room.encryption", "", megolm()).await?;
    let sync = bob.sync_since(&since).await?;
    ensure!(has_event(&sync, &room, &event), "the event comes to the other member: {sync}");
    Ok(())
}

async fn only_with_power(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    bob.try_state(&room, "m.room.encryption", "", megolm()).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn message_delivered(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    bob.join(&room).await?;
    let since = bob.now().await?;
    let event = alice.send(&room, "m.room.encrypted", cipher(&alice)).await?;
    let sync = bob.sync_since(&since).await?;
    let got = events(joined(&sync, &room), "timeline");
    ensure_eq!(ids(got), [event], "timeline");
    ensure_eq!(got[0]["type"], "m.room.encrypted", "type");
    ensure_eq!(got[0]["content"], cipher(&alice), "content, unchanged");
    Ok(())
}

/// `m.relates_to` stands outside of what is encrypted, so that the server sees it.
async fn relation_stays_readable(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let room = alice.encrypted_room().await?;
    let parent = alice.send(&room, "m.room.encrypted", cipher(&alice)).await?;
    let mut content = cipher(&alice);
    content["m.relates_to"] = json!({ "rel_type": "m.thread", "event_id": parent });
    let event = alice.send(&room, "m.room.encrypted", content.clone()).await?;
    ensure_eq!(alice.event(&room, &event).await?["content"], content, "content with the relation");
    Ok(())
}

/// Nothing of the content of `m.room.encrypted` is kept.
async fn redacted(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let room = alice.encrypted_room().await?;
    let event = alice.send(&room, "m.room.encrypted", cipher(&alice)).await?;
    alice.redact(&room, &event).await?;
    ensure_eq!(alice.event(&room, &event).await?["content"], json!({}), "content");
    Ok(())
}

async fn in_history(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    let event = alice.send(&room, "m.room.encrypted", cipher(&alice)).await?;
    bob.join(&room).await?;
    let page = bob.get(v3!("rooms/{}/messages?dir=b&limit=50", room)).await?.ok()?;
    let chunk = page["chunk"].as_array().cloned().unwrap_or_default();
    ensure!(ids(&chunk).contains(&event.as_str()), "an event from before joining, history is shared: {page}");
    Ok(())
}

/// The server does not police it: reactions, for one, are not encrypted.
async fn plain_text_is_taken_too(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let room = alice.encrypted_room().await?;
    alice.say(&room, "in the clear").await.map(drop)
}

/// So that a client knows what it will need before it joins.
async fn seen_by_who_is_invited(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.encrypted_room().await?;
    alice.invite(&room, &bob).await?;
    let sync = bob.first_sync().await?;
    let state = events(&sync["rooms"]["invite"][&room], "invite_state");
    let encryption = find(state, "m.room.encryption", "");
    ensure!(
        encryption.is_some_and(|event| event["content"]["algorithm"] == "m.megolm.v1.aes-sha2"),
        "state: {state:?}"
    );
    Ok(())
}

/// The whole way of the first message: device list, one-time key, room key by to-device, message.
async fn first_contact(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    bob.upload_one_time(&["A"]).await?;
    let room = alice.encrypted_room().await?;
    let mine = alice.now().await?;
    bob.join(&room).await?;
    let sync = alice.sync_since(&mine).await?;
    ensure!(listed(&sync, "changed").contains(&bob.id.as_str()), "the other's devices are to be asked for: {sync}");
    ensure_eq!(alice.keys_of(&bob).await?["keys"], bob.device_keys()["keys"], "device keys");
    ensure_eq!(alice.claim(&bob).await?, Some(format!("{SIGNED}:A")), "one-time key");
    let olm = json!({ "algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "x", "ciphertext": {} });
    let his = bob.now().await?;
    alice.try_to_device("m.room.encrypted", json!({ &bob.id: { &bob.device: olm } })).await?.ok()?;
    let event = alice.send(&room, "m.room.encrypted", cipher(&alice)).await?;
    let sync = bob.sync_since(&his).await?;
    ensure_eq!(events(&sync, "to_device").len(), 1, "the room key comes no later than the message");
    ensure!(has_event(&sync, &room, &event), "the message: {sync}");
    ensure_eq!(sync["device_one_time_keys_count"][SIGNED], 0, "keys that are left");
    Ok(())
}

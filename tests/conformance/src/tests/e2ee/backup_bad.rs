//! Key backups: bad bodies.

use super::prelude::*;

tests! { "backup_bad":
    bad_sessions, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}/{sessionId} 400"];
    bad_bodies, "server-side-key-backups", ["PUT v3/room_keys/keys 400", "PUT v3/room_keys/keys/{roomId} 400"];
    good_beside_bad, "server-side-key-backups", ["PUT v3/room_keys/keys 400"];
    oversized, "server-side-key-backups", [];
    needs_token, "server-side-key-backups",
        ["POST v3/room_keys/version M_MISSING_TOKEN", "GET v3/room_keys/version M_MISSING_TOKEN",
         "GET v3/room_keys/keys M_MISSING_TOKEN", "PUT v3/room_keys/keys M_MISSING_TOKEN",
         "DELETE v3/room_keys/keys M_MISSING_TOKEN"];
}

const ROOM: &str = "!room:example.org";

async fn bad_sessions(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    for (member, wrong) in [
        ("first_message_index", json!("1")),
        ("first_message_index", json!(1.5)),
        ("forwarded_count", json!({})),
        ("is_verified", json!("true")),
        ("session_data", json!("data")),
        ("first_message_index", Value::Null),
        ("session_data", Value::Null),
    ] {
        let mut body = key("a");
        body[member] = wrong;
        alice.try_store(&session(ROOM, "a"), &version, body).await?.refused(400)?;
    }
    for member in ["first_message_index", "forwarded_count", "is_verified", "session_data"] {
        let mut body = key("a");
        body.as_object_mut().and_then(|body| body.remove(member));
        alice.try_store(&session(ROOM, "a"), &version, body).await?.refused(400)?;
    }
    ensure_eq!(alice.backup(&version).await?["count"], 0, "count");
    Ok(())
}

async fn bad_bodies(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    for wrong in [json!({}), json!({ "rooms": [] }), json!({ "rooms": { ROOM: {} } }), json!({ "rooms": { ROOM: 1 } })]
    {
        alice.try_store("", &version, wrong).await?.refused(400)?;
    }
    for wrong in [json!({}), json!({ "sessions": [] }), json!({ "sessions": { "a": 1 } })] {
        alice.try_store(&room(ROOM), &version, wrong).await?.refused(400)?;
    }
    ensure_eq!(alice.backup(&version).await?["count"], 0, "count");
    Ok(())
}

/// A refused request changes nothing.
async fn good_beside_bad(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let mut bad = key("bad");
    bad["is_verified"] = json!("yes");
    let body = json!({ "rooms": { ROOM: { "sessions": { "a": key("a"), "b": bad, "c": key("c") } } } });
    alice.try_store("", &version, body).await?.refused(400)?;
    ensure_eq!(alice.stored("", &version).await?, json!({ "rooms": {} }), "keys");
    Ok(())
}

/// Kept whole or refused whole.
async fn oversized(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let body = key(&"x".repeat(3_000_000));
    let reply = alice.try_store(&session(ROOM, "a"), &version, body).await?;
    ensure!(matches!(reply.status, 200 | 400 | 413), "answer: {}", reply.brief());
    ensure!(reply.status == 200 || reply.json["errcode"].is_string(), "a Matrix error: {}", reply.brief());
    ensure_eq!(alice.backup(&version).await?["count"], u64::from(reply.status == 200), "count");
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    for (method, path) in [
        (Method::POST, v3!("room_keys/version")),
        (Method::GET, v3!("room_keys/version")),
        (Method::GET, at("", "1")),
        (Method::PUT, at("", "1")),
        (Method::DELETE, at("", "1")),
    ] {
        server.call(method, &path, None, Some(&json!({}))).await?.error(401, "M_MISSING_TOKEN")?;
    }
    Ok(())
}

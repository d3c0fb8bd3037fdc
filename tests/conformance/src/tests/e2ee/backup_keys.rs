//! Keys in a backup: by session, by room, and all.

use super::prelude::*;

tests! { "backup_keys":
    one_session, "server-side-key-backups",
        ["PUT v3/room_keys/keys/{roomId}/{sessionId}", "GET v3/room_keys/keys/{roomId}/{sessionId}"];
    one_room, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}", "GET v3/room_keys/keys/{roomId}"];
    all_rooms, "server-side-key-backups", ["PUT v3/room_keys/keys", "GET v3/room_keys/keys"];
    nothing_stored, "server-side-key-backups",
        ["GET v3/room_keys/keys", "GET v3/room_keys/keys/{roomId}",
         "GET v3/room_keys/keys/{roomId}/{sessionId} M_NOT_FOUND"];
    etag_changes, "server-side-key-backups", ["GET v3/room_keys/version/{version}"];
    odd_session_ids, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}/{sessionId}"];
    each_version_its_own, "server-side-key-backups", ["GET v3/room_keys/keys"];
    many, "server-side-key-backups", ["PUT v3/room_keys/keys"];
}

const ROOM: &str = "!room:example.org";

const OTHER: &str = "!other:example.org";

/// A user with a backup of three sessions: `a` and `b` of a room, `c` of another.
async fn three(server: &Server) -> Result<(User, String), Failure> {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let rooms = json!({
        ROOM: { "sessions": { "a": key("a"), "b": key("b") } },
        OTHER: { "sessions": { "c": key("c") } },
    });
    let answer = alice.store("", &version, json!({ "rooms": rooms })).await?;
    ensure_eq!(answer["count"], 3, "count");
    Ok((alice, version))
}

async fn one_session(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let answer = alice.store(&session(ROOM, "a"), &version, key("a")).await?;
    ensure_eq!(answer["count"], 1, "count");
    ensure_eq!(answer["etag"], alice.backup(&version).await?["etag"], "etag of the answer and of the version");
    text(&answer, "etag")?;
    ensure_eq!(alice.stored(&session(ROOM, "a"), &version).await?, key("a"), "the key");
    Ok(())
}

async fn one_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let sessions = json!({ "sessions": { "a": key("a"), "b": key("b") } });
    ensure_eq!(alice.store(&room(ROOM), &version, sessions.clone()).await?["count"], 2, "count");
    ensure_eq!(alice.stored(&room(ROOM), &version).await?, sessions, "keys of the room");
    ensure_eq!(alice.stored("", &version).await?, json!({ "rooms": { ROOM: sessions } }), "all keys");
    Ok(())
}

async fn all_rooms(server: Server) -> Outcome {
    let (alice, version) = three(&server).await?;
    let want = json!({
        ROOM: { "sessions": { "a": key("a"), "b": key("b") } },
        OTHER: { "sessions": { "c": key("c") } },
    });
    ensure_eq!(alice.stored("", &version).await?, json!({ "rooms": want }), "all keys");
    ensure_eq!(alice.stored(&session(OTHER, "c"), &version).await?, key("c"), "one key");
    ensure_eq!(alice.backup(&version).await?["count"], 3, "count of the version");
    Ok(())
}

/// "If no keys are found, then an object with an empty `rooms` property will be returned".
async fn nothing_stored(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    ensure_eq!(alice.stored("", &version).await?, json!({ "rooms": {} }), "all keys");
    ensure_eq!(alice.stored(&room(ROOM), &version).await?, json!({ "sessions": {} }), "keys of a room");
    alice.get(at(&session(ROOM, "a"), &version)).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// "If not equal, another client has modified the backup."
async fn etag_changes(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let mut seen = vec![text(&alice.backup(&version).await?, "etag")?];
    let better = ranked("better", true, 0, 0);
    for (id, key) in [("a", key("a")), ("b", key("b")), ("a", better)] {
        let etag = text(&alice.store(&session(ROOM, id), &version, key).await?, "etag")?;
        ensure!(!seen.contains(&etag), "the etag changes with the keys: {etag} of {seen:?}");
        ensure_eq!(alice.backup(&version).await?["etag"], etag.as_str(), "etag of the version");
        seen.push(etag);
    }
    let answer = alice.store(&session(ROOM, "a"), &version, key("worse")).await?;
    ensure_eq!(Some(text(&answer, "etag")?.as_str()), seen.last().map(String::as_str), "nothing was replaced");
    Ok(())
}

/// Session ids are base64: with `/` and `+`.
async fn odd_session_ids(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    for id in ["a/b+c", "/", "ü %2F", "+", "a?b#c"] {
        alice.store(&session(ROOM, id), &version, key(id)).await?;
        ensure_eq!(alice.stored(&session(ROOM, id), &version).await?, key(id), "key of {id:?}");
        ensure_eq!(
            alice.stored(&room(ROOM), &version).await?["sessions"][id],
            key(id),
            "{id:?} among those of the room"
        );
    }
    ensure_eq!(alice.backup(&version).await?["count"], 5, "count");
    Ok(())
}

async fn each_version_its_own(server: Server) -> Outcome {
    let (alice, old) = three(&server).await?;
    let new = alice.new_backup().await?;
    ensure_eq!(alice.stored("", &new).await?, json!({ "rooms": {} }), "keys of the new version");
    alice.store(&session(ROOM, "a"), &new, key("new")).await?;
    ensure_eq!(alice.stored(&session(ROOM, "a"), &old).await?, key("a"), "key of the old version");
    ensure_eq!(alice.backup(&old).await?["count"], 3, "count of the old version");
    Ok(())
}

/// Clients send a hundred sessions at a time, and read a whole backup of thousands at once.
async fn many(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    for part in 0..5 {
        let sessions: serde_json::Map<String, Value> =
            (0..200).map(|number| (format!("s{part}-{number}"), key("many"))).collect();
        let body = json!({ "rooms": { format!("!r{part}:x"): { "sessions": sessions } } });
        ensure_eq!(alice.store("", &version, body).await?["count"], (part + 1) * 200, "count");
    }
    let all = alice.stored("", &version).await?;
    let count: usize = all["rooms"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, room)| room["sessions"].as_object())
        .map(|s| s.len())
        .sum();
    ensure_eq!(count, 1000, "keys");
    Ok(())
}

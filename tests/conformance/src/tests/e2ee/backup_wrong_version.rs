//! Key backups: versions that are not the newest, or are none.

use super::prelude::*;

tests! { "backup_wrong_version":
    older_version, "server-side-key-backups",
        ["PUT v3/room_keys/keys M_WRONG_ROOM_KEYS_VERSION", "PUT v3/room_keys/keys/{roomId} M_WRONG_ROOM_KEYS_VERSION",
         "PUT v3/room_keys/keys/{roomId}/{sessionId} M_WRONG_ROOM_KEYS_VERSION"];
    older_version_names_current, "server-side-key-backups", ["PUT v3/room_keys/keys M_WRONG_ROOM_KEYS_VERSION"];
    unknown_version, "server-side-key-backups",
        ["GET v3/room_keys/keys M_NOT_FOUND", "GET v3/room_keys/keys/{roomId} M_NOT_FOUND",
         "GET v3/room_keys/keys/{roomId}/{sessionId} M_NOT_FOUND", "DELETE v3/room_keys/keys M_NOT_FOUND",
         "DELETE v3/room_keys/keys/{roomId} M_NOT_FOUND",
         "DELETE v3/room_keys/keys/{roomId}/{sessionId} M_NOT_FOUND"];
    unknown_version_written, "server-side-key-backups", [];
    no_backup, "server-side-key-backups",
        ["PUT v3/room_keys/keys M_NOT_FOUND", "PUT v3/room_keys/keys/{roomId} M_NOT_FOUND"];
    deleted_version, "server-side-key-backups", [];
    no_version, "server-side-key-backups",
        ["GET v3/room_keys/keys 400", "PUT v3/room_keys/keys 400", "DELETE v3/room_keys/keys 400"];
}

const ROOM: &str = "!room:example.org";

/// The three places keys are written to, each with a body.
fn places() -> [(String, Value); 3] {
    [
        (String::new(), json!({ "rooms": { ROOM: { "sessions": { "a": key("a") } } } })),
        (room(ROOM), json!({ "sessions": { "a": key("a") } })),
        (session(ROOM, "a"), key("a")),
    ]
}

/// "Keys can only be written to the most recently created version of the backup."
async fn older_version(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (old, new) = (alice.new_backup().await?, alice.new_backup().await?);
    for (place, body) in places() {
        alice.try_store(&place, &old, body).await?.error(403, "M_WRONG_ROOM_KEYS_VERSION")?;
    }
    for version in [&old, &new] {
        ensure_eq!(alice.backup(version).await?["count"], 0, "count of version {version}");
    }
    Ok(())
}

/// "The current version will be included in the `current_version` field."
async fn older_version_names_current(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (old, new) = (alice.new_backup().await?, alice.new_backup().await?);
    for (place, body) in places() {
        let error = alice.try_store(&place, &old, body).await?.error(403, "M_WRONG_ROOM_KEYS_VERSION")?;
        ensure_eq!(error["current_version"], new.as_str(), "current_version");
    }
    Ok(())
}

async fn unknown_version(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.new_backup().await?;
    for version in ["99", "0", "nosuch"] {
        for (place, _) in places() {
            alice.get(at(&place, version)).await?.error(404, "M_NOT_FOUND")?;
            alice.delete(at(&place, version)).await?.error(404, "M_NOT_FOUND")?;
        }
    }
    Ok(())
}

/// "The version specified does not match the current backup version" and "The backup was not found" are both true.
async fn unknown_version_written(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    for (place, body) in places() {
        let reply = alice.try_store(&place, "99", body).await?;
        let wrong = reply.status == 403 && reply.json["errcode"] == "M_WRONG_ROOM_KEYS_VERSION";
        let unknown = reply.status == 404 && reply.json["errcode"] == "M_NOT_FOUND";
        ensure!(wrong || unknown, "answer: {}", reply.brief());
    }
    ensure_eq!(alice.backup(&version).await?["count"], 0, "count");
    Ok(())
}

async fn no_backup(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (place, body) in places() {
        alice.try_store(&place, "1", body).await?.error(404, "M_NOT_FOUND")?;
    }
    Ok(())
}

async fn deleted_version(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    alice.delete(v3!("room_keys/version/{}", version)).await?.ok()?;
    for (place, body) in places() {
        alice.try_store(&place, &version, body).await?.error(404, "M_NOT_FOUND")?;
        alice.delete(at(&place, &version)).await?.error(404, "M_NOT_FOUND")?;
    }
    let body = json!({ "algorithm": ALGORITHM, "auth_data": {} });
    alice.put(v3!("room_keys/version/{}", version), body).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// `version` is required.
async fn no_version(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    for (place, body) in places() {
        let path = format!("{}{place}", v3!("room_keys/keys"));
        alice.get(&path).await?.refused(400)?;
        alice.put(&path, body).await?.refused(400)?;
        alice.delete(&path).await?.refused(400)?;
    }
    ensure_eq!(alice.backup(&version).await?["count"], 0, "count");
    Ok(())
}

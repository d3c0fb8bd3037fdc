//! Keys deleted from a backup.

use super::prelude::*;

tests! { "backup_deletion":
    one_session, "server-side-key-backups", ["DELETE v3/room_keys/keys/{roomId}/{sessionId}"];
    one_room, "server-side-key-backups", ["DELETE v3/room_keys/keys/{roomId}"];
    all, "server-side-key-backups", ["DELETE v3/room_keys/keys"];
    nothing, "server-side-key-backups", ["DELETE v3/room_keys/keys/{roomId}/{sessionId}"];
    from_an_older_version, "server-side-key-backups", ["DELETE v3/room_keys/keys"];
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

/// Deletes a place; gives what is left, and checks count and etag of the answer.
async fn delete(alice: &User, place: &str, version: &str, count: u64) -> Result<Value, Failure> {
    let before = alice.backup(version).await?;
    let answer = alice.delete(at(place, version)).await?.ok()?;
    let after = alice.backup(version).await?;
    ensure_eq!(answer["count"], count, "count of the answer");
    ensure_eq!(after["count"], count, "count of the version");
    ensure_eq!(answer["etag"], after["etag"], "etag of the answer and of the version");
    ensure_eq!(before["etag"] == after["etag"], before["count"] == after["count"], "the etag changes with the keys");
    Ok(alice.stored("", version).await?["rooms"].clone())
}

async fn one_session(server: Server) -> Outcome {
    let (alice, version) = three(&server).await?;
    let left = delete(&alice, &session(ROOM, "a"), &version, 2).await?;
    let want = json!({ ROOM: { "sessions": { "b": key("b") } }, OTHER: { "sessions": { "c": key("c") } } });
    ensure_eq!(left, want, "keys that are left");
    Ok(())
}

async fn one_room(server: Server) -> Outcome {
    let (alice, version) = three(&server).await?;
    let left = delete(&alice, &room(ROOM), &version, 1).await?;
    ensure_eq!(left, json!({ OTHER: { "sessions": { "c": key("c") } } }), "keys that are left");
    Ok(())
}

async fn all(server: Server) -> Outcome {
    let (alice, version) = three(&server).await?;
    ensure_eq!(delete(&alice, "", &version, 0).await?, json!({}), "keys that are left");
    ensure_eq!(alice.backup(&version).await?["version"], version.as_str(), "the version itself stays");
    Ok(())
}

async fn nothing(server: Server) -> Outcome {
    let (alice, version) = three(&server).await?;
    let answer = alice.delete(at(&session(ROOM, "nosuch"), &version)).await?.ok()?;
    ensure_eq!(answer["count"], 3, "count");
    Ok(())
}

/// "Keys can only be written to the most recently created version", but deleted from any.
async fn from_an_older_version(server: Server) -> Outcome {
    let (alice, version) = three(&server).await?;
    alice.new_backup().await?;
    let left = delete(&alice, &session(ROOM, "a"), &version, 2).await?;
    ensure!(left[ROOM]["sessions"]["a"].is_null(), "keys that are left: {left}");
    Ok(())
}

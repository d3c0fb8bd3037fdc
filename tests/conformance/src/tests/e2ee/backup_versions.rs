//! Versions of the key backup: made and read.

use super::prelude::*;

tests! { "backup_versions":
    create, "server-side-key-backups", ["POST v3/room_keys/version", "GET v3/room_keys/version/{version}"];
    none, "server-side-key-backups", ["GET v3/room_keys/version M_NOT_FOUND"];
    latest, "server-side-key-backups", ["GET v3/room_keys/version"];
    unknown, "server-side-key-backups",
        ["GET v3/room_keys/version/{version} M_NOT_FOUND", "PUT v3/room_keys/version/{version} M_NOT_FOUND",
         "DELETE v3/room_keys/version/{version} M_NOT_FOUND"];
    names_are_never_used_again, "server-side-key-backups", ["POST v3/room_keys/version"];
    of_each_user, "server-side-key-backups", ["GET v3/room_keys/version/{version} M_NOT_FOUND"];
    of_all_devices, "server-side-key-backups", ["GET v3/room_keys/version"];
    bad_bodies, "server-side-key-backups",
        ["POST v3/room_keys/version 400", "PUT v3/room_keys/version/{version} 400"];
}

async fn create(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let auth = json!({ "public_key": "abc", "signatures": { &alice.id: { "ed25519:X": "ü" } }, "more": [1, null] });
    let body = json!({ "algorithm": ALGORITHM, "auth_data": auth });
    let version = text(&alice.post(v3!("room_keys/version"), body).await?.ok()?, "version")?;
    let got = alice.backup(&version).await?;
    ensure_eq!(got["algorithm"], ALGORITHM, "algorithm");
    ensure_eq!(got["auth_data"], auth, "auth_data, unchanged");
    ensure_eq!(got["version"], version.as_str(), "version");
    ensure_eq!(got["count"], 0, "count");
    text(&got, "etag").map(drop)
}

async fn none(server: Server) -> Outcome {
    server.user("alice").await?.get(v3!("room_keys/version")).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn latest(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut versions = Vec::new();
    for _ in 0..12 {
        let version = alice.new_backup().await?;
        ensure!(!versions.contains(&version), "a new name: {version} of {versions:?}");
        ensure_eq!(alice.get(v3!("room_keys/version")).await?.ok()?["version"], version.as_str(), "latest version");
        versions.push(version);
    }
    for version in &versions {
        ensure_eq!(alice.backup(version).await?["version"], version.as_str(), "an older version is still there");
    }
    Ok(())
}

async fn unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.new_backup().await?;
    let body = json!({ "algorithm": ALGORITHM, "auth_data": {} });
    for version in ["99", "0", "nosuch"] {
        let path = v3!("room_keys/version/{}", version);
        alice.get(&path).await?.error(404, "M_NOT_FOUND")?;
        alice.put(&path, body.clone()).await?.error(404, "M_NOT_FOUND")?;
        alice.delete(&path).await?.error(404, "M_NOT_FOUND")?;
    }
    Ok(())
}

/// Another device might still write to what it thinks is the same backup.
async fn names_are_never_used_again(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let version = alice.new_backup().await?;
        ensure!(!seen.contains(&version), "{version} was the name of a deleted version");
        alice.delete(v3!("room_keys/version/{}", version)).await?.ok()?;
        seen.push(version);
    }
    Ok(())
}

async fn of_each_user(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let version = alice.new_backup().await?;
    alice.store(&session("!room:x", "s"), &version, key("a")).await?;
    bob.get(v3!("room_keys/version")).await?.error(404, "M_NOT_FOUND")?;
    bob.get(v3!("room_keys/version/{}", version)).await?.error(404, "M_NOT_FOUND")?;
    bob.get(at("", &version)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn of_all_devices(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let version = alice.new_backup().await?;
    ensure_eq!(other.get(v3!("room_keys/version")).await?.ok()?["version"], version.as_str(), "version");
    other.store(&session("!room:x", "s"), &version, key("a")).await?;
    ensure_eq!(alice.stored(&session("!room:x", "s"), &version).await?, key("a"), "key");
    Ok(())
}

async fn bad_bodies(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let wrong = [
        json!({}),
        json!({ "algorithm": ALGORITHM }),
        json!({ "auth_data": {} }),
        json!({ "algorithm": 1, "auth_data": {} }),
        json!({ "algorithm": ALGORITHM, "auth_data": "x" }),
    ];
    for body in &wrong {
        alice.post(v3!("room_keys/version"), body.clone()).await?.refused(400)?;
    }
    alice.get(v3!("room_keys/version")).await?.error(404, "M_NOT_FOUND")?;
    let version = alice.new_backup().await?;
    for body in wrong {
        alice.put(v3!("room_keys/version/{}", version), body).await?.refused(400)?;
    }
    ensure_eq!(alice.backup(&version).await?["auth_data"]["public_key"], "abcdefg", "auth_data");
    Ok(())
}

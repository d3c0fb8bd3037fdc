//! Versions of the key backup: changed and deleted.

use super::prelude::*;

tests! { "backup_version_changes":
    change, "server-side-key-backups", ["PUT v3/room_keys/version/{version}"];
    change_an_older_one, "server-side-key-backups", ["PUT v3/room_keys/version/{version}"];
    change_keeps_keys, "server-side-key-backups", ["PUT v3/room_keys/version/{version}"];
    change_algorithm, "server-side-key-backups", ["PUT v3/room_keys/version/{version} M_INVALID_PARAM"];
    change_other_version, "server-side-key-backups", ["PUT v3/room_keys/version/{version} M_INVALID_PARAM"];
    delete, "server-side-key-backups", ["DELETE v3/room_keys/version/{version}"];
    delete_twice, "server-side-key-backups", ["DELETE v3/room_keys/version/{version}"];
    delete_latest_shows_older, "server-side-key-backups", ["DELETE v3/room_keys/version/{version}"];
}

/// "Only `auth_data` can be modified."
async fn change(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let path = v3!("room_keys/version/{}", version);
    let mut body = json!({ "algorithm": ALGORITHM, "auth_data": { "public_key": "other" } });
    ensure_eq!(alice.put(&path, body.clone()).await?.ok()?, json!({}), "answer");
    ensure_eq!(alice.backup(&version).await?["auth_data"], json!({ "public_key": "other" }), "auth_data");
    body["version"] = json!(version);
    body["auth_data"] = json!({ "public_key": "third" });
    alice.put(&path, body).await?.ok()?;
    ensure_eq!(alice.backup(&version).await?["auth_data"], json!({ "public_key": "third" }), "auth_data");
    Ok(())
}

async fn change_an_older_one(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (old, new) = (alice.new_backup().await?, alice.new_backup().await?);
    let body = json!({ "algorithm": ALGORITHM, "auth_data": { "public_key": "other" } });
    alice.put(v3!("room_keys/version/{}", old), body).await?.ok()?;
    ensure_eq!(alice.backup(&old).await?["auth_data"]["public_key"], "other", "the older one");
    ensure_eq!(alice.backup(&new).await?["auth_data"]["public_key"], "abcdefg", "the newer one");
    Ok(())
}

async fn change_keeps_keys(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    alice.store(&session("!room:x", "s"), &version, key("a")).await?;
    let body = json!({ "algorithm": ALGORITHM, "auth_data": { "public_key": "other" } });
    alice.put(v3!("room_keys/version/{}", version), body).await?.ok()?;
    ensure_eq!(alice.backup(&version).await?["count"], 1, "count");
    ensure_eq!(alice.stored(&session("!room:x", "s"), &version).await?, key("a"), "key");
    Ok(())
}

/// "Must be the same as the algorithm currently used by the backup."
async fn change_algorithm(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let body = json!({ "algorithm": "org.example.other", "auth_data": {} });
    alice.put(v3!("room_keys/version/{}", version), body).await?.error(400, "M_INVALID_PARAM")?;
    let got = alice.backup(&version).await?;
    ensure_eq!(got["algorithm"], ALGORITHM, "algorithm");
    ensure_eq!(got["auth_data"]["public_key"], "abcdefg", "auth_data");
    Ok(())
}

/// "If present, must be the same as the version in the path parameter."
async fn change_other_version(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let body = json!({ "algorithm": ALGORITHM, "auth_data": {}, "version": format!("{version}0") });
    alice.put(v3!("room_keys/version/{}", version), body).await?.error(400, "M_INVALID_PARAM")?;
    ensure_eq!(alice.backup(&version).await?["auth_data"]["public_key"], "abcdefg", "auth_data");
    Ok(())
}

/// "Both the information about the backup, as well as all key data related to the backup will be deleted."
async fn delete(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    alice.store(&session("!room:x", "s"), &version, key("a")).await?;
    ensure_eq!(alice.delete(v3!("room_keys/version/{}", version)).await?.ok()?, json!({}), "answer");
    alice.get(v3!("room_keys/version/{}", version)).await?.error(404, "M_NOT_FOUND")?;
    alice.get(v3!("room_keys/version")).await?.error(404, "M_NOT_FOUND")?;
    for place in [String::new(), room("!room:x"), session("!room:x", "s")] {
        alice.get(at(&place, &version)).await?.error(404, "M_NOT_FOUND")?;
    }
    Ok(())
}

/// "If the backup was previously deleted, the call should succeed rather than returning an error."
async fn delete_twice(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    for _ in 0..3 {
        alice.delete(v3!("room_keys/version/{}", version)).await?.ok()?;
    }
    Ok(())
}

async fn delete_latest_shows_older(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (old, new) = (alice.new_backup().await?, alice.new_backup().await?);
    alice.store(&session("!room:x", "s"), &new, key("a")).await?;
    alice.delete(v3!("room_keys/version/{}", new)).await?.ok()?;
    ensure_eq!(alice.get(v3!("room_keys/version")).await?.ok()?["version"], old.as_str(), "latest version");
    ensure_eq!(alice.store(&session("!room:x", "s"), &old, key("b")).await?["count"], 1, "it takes keys again");
    Ok(())
}

//! What goes with a device when it is deleted or logged out.

use super::prelude::*;

tests! { "device_deletion":
    deletes_keys, "device-management", ["DELETE v3/devices/{deviceId}"];
    deletes_several, "device-management", ["POST v3/delete_devices"];
    logout_deletes_keys, "logout", ["POST v3/logout"];
    logout_everywhere_deletes_keys, "logout", ["POST v3/logout/all"];
    same_id_again_starts_empty, "device-management", ["DELETE v3/devices/{deviceId}"];
    to_device_messages_are_gone, "device-management", ["DELETE v3/devices/{deviceId}"];
    cross_signing_keys_stay, "cross-signing", ["DELETE v3/devices/{deviceId}"];
    backup_stays, "server-side-key-backups", ["POST v3/logout/all"];
}

/// Another device with keys of all kinds.
async fn full_device(user: &User) -> Result<User, Failure> {
    let other = user.second().await?;
    other.upload_one_time(&["A"]).await?;
    other.upload_fallback("F").await?;
    Ok(other)
}

async fn ensure_gone(viewer: &User, device: &User) -> Outcome {
    ensure_eq!(viewer.keys_of(device).await?, Value::Null, "device keys");
    ensure_eq!(viewer.claim(device).await?, None, "one-time or fallback key");
    Ok(())
}

async fn deletes_keys(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let other = full_device(&alice).await?;
    alice.delete_device(&other).await?;
    ensure_gone(&bob, &other).await?;
    ensure_eq!(bob.keys_of(&alice).await?["device_id"], alice.device.as_str(), "the remaining device's keys");
    Ok(())
}

async fn deletes_several(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let (second, third) = (full_device(&alice).await?, full_device(&alice).await?);
    let body = json!({ "devices": [&second.device, &third.device] });
    alice.authenticated(Method::POST, &v3!("delete_devices"), body).await?.ok()?;
    ensure_gone(&bob, &second).await?;
    ensure_gone(&bob, &third).await
}

/// "The device is also deleted": what belongs to it as well.
async fn logout_deletes_keys(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let other = full_device(&alice).await?;
    other.post(v3!("logout"), json!({})).await?.ok()?;
    ensure_gone(&bob, &other).await
}

async fn logout_everywhere_deletes_keys(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let other = full_device(&alice).await?;
    alice.post(v3!("logout/all"), json!({})).await?.ok()?;
    ensure_gone(&bob, &other).await?;
    ensure_gone(&bob, &alice).await
}

/// A login that takes the id of a deleted device.
async fn login_as(user: &User, device: &str) -> Result<User, Failure> {
    let body = json!({
        "type": "m.login.password",
        "identifier": { "type": "m.id.user", "user": user.id },
        "password": user.password,
        "device_id": device,
    });
    User::from_login(&user.server, &user.server.post(v3!("login"), body).await?.ok()?, &user.password)
}

async fn same_id_again_starts_empty(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let other = full_device(&alice).await?;
    alice.delete_device(&other).await?;
    let again = login_as(&alice, &other.device).await?;
    ensure_gone(&bob, &again).await?;
    let sync = again.first_sync().await?;
    ensure_eq!(sync["device_one_time_keys_count"][SIGNED], 0, "count of one-time keys");
    ensure_eq!(sync["device_unused_fallback_key_types"], json!([]), "fallback keys");
    // Also another key under the id of one from before is new now.
    let key = json!({ format!("{SIGNED}:A"): again.one_time_key("other") });
    ensure_eq!(again.upload(json!({ "one_time_keys": key })).await?[SIGNED], 1, "count after an upload");
    Ok(())
}

async fn to_device_messages_are_gone(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let other = full_device(&alice).await?;
    bob.note(&other, 1).await?;
    alice.delete_device(&other).await?;
    let again = login_as(&alice, &other.device).await?;
    // A server may take a moment to clear them away; a first sync acknowledges none.
    wait_for("the end of the messages of the device that was deleted".to_owned(), || async {
        Ok(events(&again.first_sync().await?, "to_device").is_empty().then_some(()))
    })
    .await
}

async fn cross_signing_keys_stay(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let other = full_device(&alice).await?;
    let keys = CrossSigning::set_up(&other).await?;
    alice.delete_device(&other).await?;
    let answer = bob.query(&[&alice]).await?;
    ensure_eq!(answer["master_keys"][&alice.id]["keys"], keys.master_key()["keys"], "master key");
    Ok(())
}

async fn backup_stays(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let body = json!({ "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": { "public_key": "x" } });
    let version = alice.post(v3!("room_keys/version"), body).await?.ok()?["version"].clone();
    alice.post(v3!("logout/all"), json!({})).await?.ok()?;
    let again = alice.new_device().await?;
    ensure_eq!(again.get(v3!("room_keys/version")).await?.ok()?["version"], version, "version of the backup");
    Ok(())
}

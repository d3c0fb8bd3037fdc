//! Device keys: uploaded, and queried.

use super::prelude::*;

tests! { "device_keys":
    upload_and_query, "device-keys", ["POST v3/keys/upload", "POST v3/keys/query"];
    several_devices, "device-keys", ["POST v3/keys/query"];
    chosen_devices, "device-keys", ["POST v3/keys/query"];
    several_users, "device-keys", ["POST v3/keys/query"];
    of_a_user_without_keys, "device-keys", ["POST v3/keys/query"];
    of_unknown_user, "device-keys", ["POST v3/keys/query"];
    display_name, "device-keys", ["POST v3/keys/query"];
    same_again, "device-keys", ["POST v3/keys/upload"];
    gain_signatures, "device-keys", ["POST v3/keys/upload"];
    unknown_algorithms, "device-keys", ["POST v3/keys/upload", "POST v3/keys/query"];
    empty_upload, "device-keys", ["POST v3/keys/upload"];
    needs_token, "device-keys", ["POST v3/keys/upload M_MISSING_TOKEN", "POST v3/keys/query M_MISSING_TOKEN"];
    query_bad_bodies, "device-keys", ["POST v3/keys/query 400"];
}

/// Device keys without what the server adds.
fn bare(mut keys: Value) -> Value {
    if let Some(members) = keys.as_object_mut() {
        members.remove("unsigned");
    }
    keys
}

async fn upload_and_query(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let answer = alice.try_upload(json!({ "device_keys": alice.device_keys() })).await?.ok()?;
    ensure!(answer["one_time_key_counts"].is_object(), "one_time_key_counts is required: {answer}");
    // "the information returned will be the same as uploaded", also for somebody who shares no room.
    ensure_eq!(bare(bob.keys_of(&alice).await?), alice.device_keys(), "the keys");
    ensure_eq!(bare(alice.keys_of(&alice).await?), alice.device_keys(), "one's own keys");
    Ok(())
}

async fn several_devices(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let other = alice.second().await?;
    ensure_eq!(bare(bob.keys_of(&alice).await?), alice.device_keys(), "first device");
    ensure_eq!(bare(bob.keys_of(&other).await?), other.device_keys(), "second device");
    Ok(())
}

async fn chosen_devices(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let other = alice.second().await?;
    let body = json!({ "device_keys": { &alice.id: [&other.device, "NOSUCH"] } });
    let answer = bob.post(v3!("keys/query"), body).await?.ok()?;
    let got: Vec<_> = answer["device_keys"][&alice.id].as_object().into_iter().flatten().map(|(id, _)| id).collect();
    ensure_eq!(got, [&other.device], "devices: an unknown one is missing");
    ensure!(answer["failures"].is_null() || answer["failures"] == json!({}), "no failure: {answer}");
    Ok(())
}

async fn several_users(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.device("alice").await?, server.device("bob").await?, server.user("c").await?);
    let answer = carol.query(&[&alice, &bob]).await?;
    for user in [&alice, &bob] {
        ensure_eq!(bare(answer["device_keys"][&user.id][&user.device].clone()), user.device_keys(), "keys of {user}");
    }
    Ok(())
}

/// A device without keys has nothing to be shown.
async fn of_a_user_without_keys(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let answer = bob.query(&[&alice]).await?;
    let devices = &answer["device_keys"][&alice.id];
    ensure!(devices.is_null() || *devices == json!({}), "no devices: {answer}");
    Ok(())
}

/// "If the homeserver could be reached, but the user or device was unknown, no failure is recorded."
async fn of_unknown_user(server: Server) -> Outcome {
    let bob = server.user("bob").await?;
    let nobody = format!("@{}:{}", server.fresh("nobody"), server.name());
    let answer = bob.post(v3!("keys/query"), json!({ "device_keys": { &nobody: [] } })).await?.ok()?;
    ensure!(answer["failures"].is_null() || answer["failures"] == json!({}), "no failure: {answer}");
    let devices = &answer["device_keys"][&nobody];
    ensure!(devices.is_null() || *devices == json!({}), "no devices: {answer}");
    Ok(())
}

async fn display_name(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.put(v3!("devices/{}", alice.device), json!({ "display_name": "Phone" })).await?.ok()?;
    for who in [&alice, &bob] {
        let keys = who.keys_of(&alice).await?;
        ensure_eq!(keys["unsigned"]["device_display_name"], "Phone", "display name as {who} sees it");
    }
    Ok(())
}

async fn same_again(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    alice.upload_device().await?;
    ensure_eq!(bare(alice.keys_of(&alice).await?), alice.device_keys(), "the keys");
    Ok(())
}

/// A device that signs itself with the self-signing key uploads its keys again, with both signatures.
async fn gain_signatures(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let signed = CrossSigning::set_up(&alice).await?.by_self_signing(alice.device_keys());
    alice.upload(json!({ "device_keys": signed })).await?;
    ensure_eq!(bare(bob.keys_of(&alice).await?), signed, "the keys with both signatures");
    Ok(())
}

async fn unknown_algorithms(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let mut keys = alice.unsigned_device_keys("first");
    keys["algorithms"] = json!(["org.example.olm.v9", "m.olm.v1.curve25519-aes-sha2"]);
    keys["keys"][format!("org.example.kem:{}", alice.device)] = json!("not base64 at all: ü");
    keys["org.example.more"] = json!({ "deep": [1, { "er": null }] });
    let keys = alice.sign(keys);
    alice.upload(json!({ "device_keys": keys })).await?;
    ensure_eq!(bare(bob.keys_of(&alice).await?), keys, "the keys, unchanged");
    Ok(())
}

async fn empty_upload(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let counts = alice.upload(json!({})).await?;
    ensure!(counts.is_object(), "one_time_key_counts is required: {counts}");
    ensure_eq!(bare(alice.keys_of(&alice).await?), alice.device_keys(), "the keys");
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    server.post(v3!("keys/upload"), json!({})).await?.error(401, "M_MISSING_TOKEN")?;
    server.post(v3!("keys/query"), json!({ "device_keys": {} })).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

async fn query_bad_bodies(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let bodies = [
        json!({}),
        json!({ "device_keys": [] }),
        json!({ "device_keys": { &alice.id: "all" } }),
        json!({ "device_keys": { &alice.id: [1] } }),
        json!([]),
    ];
    for body in bodies {
        alice.post(v3!("keys/query"), body).await?.refused(400)?;
    }
    Ok(())
}

//! Keys that no device may upload: foreign, malformed, unsigned, oversized.

use super::prelude::*;

tests! { "bad_keys":
    of_another_user, "device-keys", ["POST v3/keys/upload 400"];
    of_another_device, "device-keys", ["POST v3/keys/upload 400"];
    named_for_another_device, "uploading-keys", ["POST v3/keys/upload 400"];
    unsigned, "uploading-keys", ["POST v3/keys/upload 400"];
    broken_signature, "uploading-keys", ["POST v3/keys/upload 400"];
    signed_by_another_device, "uploading-keys", ["POST v3/keys/upload 400"];
    without_signing_key, "uploading-keys", ["POST v3/keys/upload 400"];
    signing_key_is_no_key, "key-algorithms", ["POST v3/keys/upload 400"];
    missing_members, "device-keys", ["POST v3/keys/upload 400"];
    wrong_types, "device-keys", ["POST v3/keys/upload 400"];
    nothing_of_a_refused_upload_is_kept, "uploading-keys", ["POST v3/keys/upload 400"];
    oversized_device_keys, "device-keys", [];
    oversized_signature, "uploading-keys", [];
}

/// Whether an upload was refused as it should be, and left no keys behind.
async fn refused(alice: &User, device_keys: Value) -> Outcome {
    alice.try_upload(json!({ "device_keys": device_keys })).await?.refused(400)?;
    ensure_eq!(alice.keys_of(alice).await?, Value::Null, "keys after the refusal of {device_keys}");
    Ok(())
}

/// `user_id`: "Must match the user ID used when logging in."
async fn of_another_user(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    refused(&alice, bob.device_keys()).await?;
    let mut keys = alice.unsigned_device_keys("first");
    keys["user_id"] = json!(bob.id);
    refused(&alice, alice.sign(keys)).await?;
    ensure_eq!(alice.keys_of(&bob).await?, Value::Null, "keys of the other user");
    Ok(())
}

/// `device_id`: "Must match the device ID used when logging in."
async fn of_another_device(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    refused(&alice, other.device_keys()).await?;
    ensure_eq!(alice.keys_of(&other).await?, Value::Null, "keys of the other device");
    Ok(())
}

/// "The names of the properties should be in the format `<algorithm>:<device_id>`."
async fn named_for_another_device(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut keys = alice.unsigned_device_keys("first");
    keys["keys"] = json!({ "ed25519:OTHER": alice.device_key().public() });
    refused(&alice, alice.device_key().sign(keys, &alice.id, "OTHER")).await
}

/// "The JSON object must include the public part of the device's Ed25519 key, and must be signed by that key".
async fn unsigned(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut keys = alice.unsigned_device_keys("first");
    refused(&alice, keys.clone()).await?;
    keys["signatures"] = json!({});
    refused(&alice, keys).await
}

async fn broken_signature(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    // The signature is of other content.
    let mut keys = alice.device_keys();
    keys["algorithms"] = json!(["org.example.other"]);
    refused(&alice, keys).await?;
    for wrong in ["", "AAAA", "no base64: ü", &"A".repeat(86)] {
        let mut keys = alice.device_keys();
        keys["signatures"][&alice.id][format!("ed25519:{}", alice.device)] = json!(wrong);
        refused(&alice, keys).await?;
    }
    Ok(())
}

async fn signed_by_another_device(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    refused(&alice, other.sign(alice.unsigned_device_keys("first"))).await?;
    let keys = other.device_key().sign(alice.unsigned_device_keys("first"), &alice.id, &alice.device);
    refused(&alice, keys).await
}

async fn without_signing_key(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut keys = alice.unsigned_device_keys("first");
    keys["keys"] = json!({ format!("curve25519:{}", alice.device): curve_key(&alice.id) });
    refused(&alice, alice.sign(keys)).await
}

/// "The key is a 32-byte Ed25519 public key, encoded using unpadded Base64".
async fn signing_key_is_no_key(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for wrong in ["", "AAAA", "no base64: ü", &"A".repeat(2_000)] {
        let mut keys = alice.unsigned_device_keys("first");
        keys["keys"][format!("ed25519:{}", alice.device)] = json!(wrong);
        refused(&alice, alice.sign(keys)).await?;
    }
    Ok(())
}

async fn missing_members(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for member in ["user_id", "device_id", "algorithms", "keys", "signatures"] {
        let mut keys = alice.device_keys();
        keys.as_object_mut().and_then(|keys| keys.remove(member));
        refused(&alice, keys).await?;
    }
    Ok(())
}

async fn wrong_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (member, wrong) in [
        ("user_id", json!(1)),
        ("device_id", json!([])),
        ("algorithms", json!("all")),
        ("algorithms", json!([1])),
        ("keys", json!([])),
        ("keys", json!({ "ed25519:X": 1 })),
        ("signatures", json!("mine")),
        ("signatures", json!({ &alice.id: "mine" })),
        ("signatures", json!({ &alice.id: { "ed25519:X": 1 } })),
    ] {
        let mut keys = alice.device_keys();
        keys[member] = wrong;
        refused(&alice, keys).await?;
    }
    for wrong in [json!([]), json!("keys"), json!(1)] {
        refused(&alice, wrong).await?;
    }
    Ok(())
}

async fn nothing_of_a_refused_upload_is_kept(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let mut keys = alice.device_keys();
    keys["user_id"] = json!(bob.id);
    let body = json!({
        "device_keys": keys,
        "one_time_keys": alice.one_time_keys(&["AAAA"]),
        "fallback_keys": { format!("{SIGNED}:F"): alice.fallback_key("F") },
    });
    alice.try_upload(body).await?.refused(400)?;
    ensure_eq!(bob.keys_of(&alice).await?["user_id"], alice.id.as_str(), "the keys from before");
    ensure_eq!(bob.claim(&alice).await?, None, "a key of the refused upload");
    Ok(())
}

/// Whatever a server does with it, it must not answer with a fault, nor serve half of it.
async fn oversized_device_keys(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut keys = alice.unsigned_device_keys("first");
    keys["org.example.big"] = json!("x".repeat(1 << 20));
    whole_or_not(&alice, alice.sign(keys)).await
}

async fn oversized_signature(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut keys = alice.device_keys();
    keys["signatures"][&alice.id]["ed25519:OTHER"] = json!("A".repeat(1 << 20));
    whole_or_not(&alice, keys).await
}

async fn whole_or_not(alice: &User, keys: Value) -> Outcome {
    let reply = alice.try_upload(json!({ "device_keys": keys })).await?;
    let mut got = alice.keys_of(alice).await?;
    if reply.status == 200 {
        got.as_object_mut().and_then(|got| got.remove("unsigned"));
        ensure!(got == keys, "keys that were accepted are served unchanged");
        return Ok(());
    }
    ensure!(matches!(reply.status, 400 | 413), "status: {}", reply.brief());
    ensure!(reply.json["errcode"].is_string(), "a Matrix error: {}", reply.brief());
    ensure_eq!(got, Value::Null, "keys after the refusal");
    Ok(())
}

//! One-time and fallback keys that no device may upload.

use super::prelude::*;

tests! { "bad_one_time_keys":
    bad_names, "one-time-and-fallback-keys", ["POST v3/keys/upload 400"];
    wrong_types, "key-algorithms", ["POST v3/keys/upload 400"];
    missing_members, "key-algorithms", ["POST v3/keys/upload 400"];
    broken_signature, "key-algorithms", ["POST v3/keys/upload 400"];
    no_curve_key, "key-algorithms", ["POST v3/keys/upload 400"];
    two_fallback_keys_of_one_algorithm, "one-time-and-fallback-keys", ["POST v3/keys/upload 400"];
    oversized, "one-time-and-fallback-keys", [];
    far_too_many, "one-time-and-fallback-keys", [];
    good_ones_beside_a_bad_one, "one-time-and-fallback-keys", ["POST v3/keys/upload 400"];
}

/// Tries the keys as one-time and as fallback keys: both are refused, and nothing is kept.
async fn refused(alice: &User, keys: Value) -> Outcome {
    for member in ["one_time_keys", "fallback_keys"] {
        alice.try_upload(json!({ member: keys })).await?.refused(400)?;
    }
    let sync = alice.first_sync().await?;
    let counts = sync["device_one_time_keys_count"].as_object().cloned().unwrap_or_default();
    ensure!(counts.values().all(|count| *count == 0), "no one-time keys after {keys}: {counts:?}");
    ensure_eq!(sync["device_unused_fallback_key_types"], json!([]), "fallback keys after {keys}");
    Ok(())
}

/// "in the format `<algorithm>:<key_id>`".
async fn bad_names(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    for name in ["", "AAAA", "signed_curve25519"] {
        refused(&alice, json!({ name: alice.one_time_key("A") })).await?;
    }
    Ok(())
}

async fn wrong_types(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    for wrong in [json!(1), json!(null), json!([]), json!({ "key": 1, "signatures": {} })] {
        refused(&alice, json!({ format!("{SIGNED}:A"): wrong })).await?;
    }
    for wrong in [json!([1]), json!("keys"), json!(1)] {
        refused(&alice, wrong).await?;
    }
    Ok(())
}

/// `key` and `signatures` are required.
async fn missing_members(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    refused(&alice, json!({ format!("{SIGNED}:A"): { "key": curve_key("a") } })).await?;
    refused(&alice, json!({ format!("{SIGNED}:A"): alice.sign(json!({ "other": curve_key("a") })) })).await
}

/// "but the key is signed so that it can be authenticated".
async fn broken_signature(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let mut changed = alice.one_time_key("A");
    changed["key"] = json!(curve_key("other"));
    let as_alice = bob.device_key().sign(json!({ "key": curve_key("a") }), &alice.id, &alice.device);
    for wrong in [changed, as_alice, bob.one_time_key("A"), json!({ "key": curve_key("a"), "signatures": {} })] {
        refused(&alice, json!({ format!("{SIGNED}:A"): wrong })).await?;
    }
    Ok(())
}

/// "The unpadded Base64-encoded 32-byte Curve25519 public key."
async fn no_curve_key(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    for wrong in ["", "AAAA", "no base64: ü"] {
        refused(&alice, json!({ format!("{SIGNED}:A"): alice.sign(json!({ "key": wrong })) })).await?;
    }
    Ok(())
}

/// "There can only be at most one key per algorithm uploaded".
async fn two_fallback_keys_of_one_algorithm(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys =
        json!({ format!("{SIGNED}:A"): alice.fallback_key("A"), format!("{SIGNED}:B"): alice.fallback_key("B") });
    alice.try_upload(json!({ "fallback_keys": keys })).await?.refused(400)?;
    ensure_eq!(alice.first_sync().await?["device_unused_fallback_key_types"], json!([]), "fallback keys");
    Ok(())
}

async fn oversized(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let key = alice.sign(json!({ "key": curve_key("a"), "org.example.big": "x".repeat(1 << 20) }));
    let reply = alice.try_upload(json!({ "one_time_keys": { format!("{SIGNED}:A"): key } })).await?;
    let got = bob.claim_of(&alice, SIGNED).await?.map(|(_, key)| key);
    if reply.status == 200 {
        ensure!(got == Some(key), "a key that was accepted is served unchanged");
        return Ok(());
    }
    ensure!(matches!(reply.status, 400 | 413) && reply.json["errcode"].is_string(), "answer: {}", reply.brief());
    ensure!(got.is_none(), "nothing is kept of what was refused");
    Ok(())
}

/// A hundred thousand keys in one upload: refused as a whole, and the device goes on to work.
async fn far_too_many(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys: serde_json::Map<String, Value> =
        (0..100_000).map(|number| (format!("curve25519:K{number}"), json!("A".repeat(43)))).collect();
    let reply = alice.try_upload(json!({ "one_time_keys": keys })).await?;
    ensure!(matches!(reply.status, 400 | 413), "status: {}", reply.brief());
    ensure!(reply.json["errcode"].is_string(), "a Matrix error: {}", reply.brief());
    let counts = alice.upload_one_time(&["A"]).await?;
    ensure_eq!(counts[SIGNED], 1, "count of a small upload afterwards");
    ensure!(counts["curve25519"].is_null() || counts["curve25519"] == 0, "none is kept: {counts}");
    Ok(())
}

async fn good_ones_beside_a_bad_one(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let mut keys = alice.one_time_keys(&["A", "B"]);
    keys["nameless"] = alice.one_time_key("C");
    refused(&alice, keys).await
}

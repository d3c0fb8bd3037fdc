//! Signatures of keys that are refused, each for itself.

use super::prelude::*;

tests! { "signatures_refused":
    broken, "cross-signing", ["POST v3/keys/signatures/upload"];
    of_changed_content, "cross-signing", ["POST v3/keys/signatures/upload"];
    of_unknown_device, "cross-signing", ["POST v3/keys/signatures/upload"];
    of_anothers_device, "key-and-signature-security", ["POST v3/keys/signatures/upload"];
    good_beside_broken, "cross-signing", ["POST v3/keys/signatures/upload"];
    without_cross_signing, "cross-signing", ["POST v3/keys/signatures/upload"];
    oversized, "cross-signing", [];
    bad_bodies, "cross-signing",
        ["POST v3/keys/signatures/upload 400", "POST v3/keys/signatures/upload M_MISSING_TOKEN"];
}

/// Uploads signed objects; gives the failures, an object even if there are none.
async fn upload(user: &User, body: Value) -> Result<Value, Failure> {
    let answer = user.post(v3!("keys/signatures/upload"), body).await?.ok()?;
    Ok(if answer["failures"].is_null() { json!({}) } else { answer["failures"].clone() })
}

/// "If a signature was invalid, the `errcode` will be set to `M_INVALID_SIGNATURE`."
async fn broken(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let id = format!("ed25519:{}", keys.self_signing.public());
    for wrong in ["", "AAAA", "no base64: ü", &"A".repeat(86)] {
        let mut signed = keys.by_self_signing(alice.unsigned_device_keys("first"));
        signed["signatures"][&alice.id][&id] = json!(wrong);
        let failures = upload(&alice, json!({ &alice.id: { &alice.device: signed } })).await?;
        ensure_eq!(failures[&alice.id][&alice.device]["errcode"], "M_INVALID_SIGNATURE", "failures for {wrong:?}");
    }
    ensure_eq!(alice.keys_of(&alice).await?["signatures"], alice.device_keys()["signatures"], "signatures");
    Ok(())
}

/// "The signed JSON object must match the key previously uploaded or retrieved for the given key ID".
async fn of_changed_content(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let signed = keys.by_self_signing(alice.unsigned_device_keys("other"));
    let failures = upload(&alice, json!({ &alice.id: { &alice.device: signed } })).await?;
    ensure!(failures[&alice.id][&alice.device]["errcode"].is_string(), "a failure: {failures}");
    let got = alice.keys_of(&alice).await?;
    ensure_eq!(got["keys"], alice.device_keys()["keys"], "keys are as they were");
    ensure_eq!(got["signatures"], alice.device_keys()["signatures"], "signatures are as they were");
    Ok(())
}

async fn of_unknown_device(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let other = alice.new_device().await?;
    let signed = keys.by_self_signing(other.unsigned_device_keys("first"));
    let failures = upload(&alice, json!({ &alice.id: { &other.device: signed } })).await?;
    ensure!(failures[&alice.id][&other.device]["errcode"].is_string(), "a failure: {failures}");
    ensure_eq!(alice.keys_of(&other).await?, Value::Null, "keys of the other device");
    Ok(())
}

/// Of other users only the master key is signed, with the user-signing key.
async fn of_anothers_device(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let own = CrossSigning::set_up(&alice).await?;
    CrossSigning::set_up(&bob).await?;
    for signed in
        [own.by_user_signing(bob.unsigned_device_keys("first")), own.by_self_signing(bob.unsigned_device_keys("first"))]
    {
        let failures = upload(&alice, json!({ &bob.id: { &bob.device: signed } })).await?;
        ensure!(failures[&bob.id][&bob.device]["errcode"].is_string(), "a failure: {failures}");
    }
    ensure_eq!(alice.keys_of(&bob).await?["signatures"], bob.device_keys()["signatures"], "signatures");
    Ok(())
}

async fn good_beside_broken(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let other = alice.second().await?;
    let good = keys.by_self_signing(alice.unsigned_device_keys("first"));
    let mut broken = keys.by_self_signing(other.unsigned_device_keys("first"));
    broken["signatures"][&alice.id][format!("ed25519:{}", keys.self_signing.public())] = json!("A".repeat(86));
    let body = json!({ &alice.id: { &alice.device: good, &other.device: broken } });
    let failures = upload(&alice, body).await?;
    ensure_eq!(failures[&alice.id][&other.device]["errcode"], "M_INVALID_SIGNATURE", "failure");
    ensure!(failures[&alice.id][&alice.device].is_null(), "no failure of the good one: {failures}");
    let want = keys.by_self_signing(alice.device_keys())["signatures"].clone();
    ensure_eq!(alice.keys_of(&alice).await?["signatures"], want, "signatures of the good one");
    Ok(())
}

async fn without_cross_signing(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::of(&alice, "first");
    let signed = keys.by_self_signing(alice.unsigned_device_keys("first"));
    let failures = upload(&alice, json!({ &alice.id: { &alice.device: signed } })).await?;
    ensure!(failures[&alice.id][&alice.device]["errcode"].is_string(), "a failure: {failures}");
    Ok(())
}

async fn oversized(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let mut signed = keys.by_self_signing(alice.unsigned_device_keys("first"));
    signed["signatures"][&alice.id][format!("ed25519:{}", keys.self_signing.public())] = json!("A".repeat(500_000));
    let reply = alice.post(v3!("keys/signatures/upload"), json!({ &alice.id: { &alice.device: signed } })).await?;
    let failed = reply.json["failures"][&alice.id][&alice.device]["errcode"].is_string();
    ensure!(matches!(reply.status, 400 | 413) || reply.status == 200 && failed, "refused: {}", reply.brief());
    ensure_eq!(alice.keys_of(&alice).await?["signatures"], alice.device_keys()["signatures"], "signatures");
    Ok(())
}

async fn bad_bodies(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    CrossSigning::set_up(&alice).await?;
    for body in [json!([]), json!({ &alice.id: [1] }), json!({ &alice.id: { &alice.device: "signed" } })] {
        alice.post(v3!("keys/signatures/upload"), body).await?.refused(400)?;
    }
    server.post(v3!("keys/signatures/upload"), json!({})).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

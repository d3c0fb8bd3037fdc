//! Cross-signing keys that are refused.

use super::prelude::*;

tests! { "cross_signing_bad":
    no_master_key, "cross-signing", ["POST v3/keys/device_signing/upload M_MISSING_PARAM"];
    unsigned, "cross-signing", ["POST v3/keys/device_signing/upload M_INVALID_SIGNATURE"];
    signed_by_another_key, "cross-signing", ["POST v3/keys/device_signing/upload M_INVALID_SIGNATURE"];
    broken_signature, "cross-signing", ["POST v3/keys/device_signing/upload M_INVALID_SIGNATURE"];
    oversized_signature, "cross-signing", ["POST v3/keys/device_signing/upload 400"];
    of_another_user, "cross-signing", ["POST v3/keys/device_signing/upload 400"];
    wrong_usage, "cross-signing", ["POST v3/keys/device_signing/upload 400"];
    usage_no_list, "cross-signing", ["POST v3/keys/device_signing/upload 400"];
    two_public_keys, "cross-signing", ["POST v3/keys/device_signing/upload 400"];
    no_public_key, "cross-signing", ["POST v3/keys/device_signing/upload 400"];
    named_like_a_device, "key-and-signature-security", ["POST v3/keys/device_signing/upload M_FORBIDDEN"];
    device_named_like_a_key, "key-and-signature-security", ["POST v3/login M_FORBIDDEN"];
    wrong_types, "cross-signing", ["POST v3/keys/device_signing/upload 400"];
}

const PATH: &str = "/_matrix/client/v3/keys/device_signing/upload";

/// Uploads a body that must be refused with 400; gives the error code. No key may be kept.
async fn refused(user: &User, body: Value) -> Result<String, Failure> {
    let error = user.post(PATH, body).await?.refused(400)?;
    let answer = user.query(&[user]).await?;
    for kind in ["master_keys", "self_signing_keys", "user_signing_keys"] {
        ensure!(answer[kind][&user.id].is_null(), "{kind} after a refusal: {answer}");
    }
    text(&error, "errcode")
}

/// "`M_MISSING_PARAM`: No master signing key is available."
async fn no_master_key(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::of(&alice, "first");
    for body in
        [json!({ "self_signing_key": keys.self_signing_key() }), json!({ "user_signing_key": keys.user_signing_key() })]
    {
        ensure_eq!(refused(&alice, body).await?, "M_MISSING_PARAM", "error code");
    }
    Ok(())
}

async fn unsigned(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    for kind in ["self_signing_key", "user_signing_key"] {
        let mut body = CrossSigning::of(&alice, "first").body();
        body[kind]["signatures"] = json!({});
        ensure_eq!(refused(&alice, body).await?, "M_INVALID_SIGNATURE", "error code for {kind}");
    }
    Ok(())
}

/// "Must be signed by the accompanying master signing key".
async fn signed_by_another_key(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let (keys, other) = (CrossSigning::of(&alice, "first"), CrossSigning::of(&alice, "second"));
    for kind in ["self_signing_key", "user_signing_key"] {
        let mut body = keys.body();
        body[kind] = other.body()[kind].clone();
        ensure_eq!(refused(&alice, body).await?, "M_INVALID_SIGNATURE", "error code for {kind}");
    }
    Ok(())
}

async fn broken_signature(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::of(&alice, "first");
    let id = format!("ed25519:{}", keys.master.public());
    for wrong in ["", "AAAA", "no base64: ü", &"A".repeat(86)] {
        let mut body = keys.body();
        body["self_signing_key"]["signatures"][&alice.id][&id] = json!(wrong);
        ensure_eq!(refused(&alice, body).await?, "M_INVALID_SIGNATURE", "error code for {wrong:?}");
    }
    Ok(())
}

async fn oversized_signature(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::of(&alice, "first");
    let mut body = keys.body();
    body["self_signing_key"]["signatures"][&alice.id][format!("ed25519:{}", keys.master.public())] =
        json!("A".repeat(500_000));
    refused(&alice, body).await.map(drop)
}

async fn of_another_user(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    refused(&alice, CrossSigning::of(&bob, "first").body()).await?;
    let answer = alice.query(&[&bob]).await?;
    ensure!(answer["master_keys"][&bob.id].is_null(), "nothing was set for the other user: {answer}");
    Ok(())
}

async fn wrong_usage(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::of(&alice, "first");
    for usage in [json!(["self_signing"]), json!([])] {
        let mut master = keys.master_key();
        master["usage"] = usage;
        refused(&alice, json!({ "master_key": master })).await?;
    }
    let body = json!({ "master_key": keys.master_key(), "self_signing_key": keys.user_signing_key() });
    refused(&alice, body).await.map(drop)
}

async fn usage_no_list(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let mut master = CrossSigning::of(&alice, "first").master_key();
    master["usage"] = json!("master");
    refused(&alice, json!({ "master_key": master })).await.map(drop)
}

/// "The object must have exactly one property".
async fn two_public_keys(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::of(&alice, "first");
    let mut master = keys.master_key();
    let other = keys.user_signing.public();
    master["keys"][format!("ed25519:{other}")] = json!(other);
    refused(&alice, json!({ "master_key": master })).await?;
    master["keys"] = json!({});
    refused(&alice, json!({ "master_key": master })).await.map(drop)
}

async fn no_public_key(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    for wrong in ["AAAA", "no base64: ü", &"A".repeat(2_000)] {
        let mut master = CrossSigning::of(&alice, "first").master_key();
        master["keys"] = json!({ format!("ed25519:{wrong}"): wrong });
        refused(&alice, json!({ "master_key": master })).await?;
    }
    Ok(())
}

fn login(user: &User, device_id: String) -> Value {
    json!({
        "type": "m.login.password",
        "identifier": { "type": "m.id.user", "user": user.id },
        "password": user.password,
        "device_id": device_id,
    })
}

/// "The public key of one of the keys is the same as one of the user's device IDs".
async fn named_like_a_device(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::of(&alice, "first");
    server.post(v3!("login"), login(&alice, keys.self_signing.public())).await?.ok()?;
    keys.try_upload(&alice).await?.error(403, "M_FORBIDDEN")?;
    let answer = alice.query(&[&alice]).await?;
    ensure!(answer["master_keys"][&alice.id].is_null(), "nothing is kept: {answer}");
    Ok(())
}

/// "`M_FORBIDDEN`: ... the requested device ID is the same as a cross-signing key ID", with status 403.
async fn device_named_like_a_key(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::of(&alice, "first");
    keys.try_upload(&alice).await?.ok()?;
    for key in [&keys.master, &keys.self_signing, &keys.user_signing] {
        server.post(v3!("login"), login(&alice, key.public())).await?.error(403, "M_FORBIDDEN")?;
    }
    Ok(())
}

async fn wrong_types(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    for wrong in [json!("key"), json!([]), json!(1), json!({}), json!({ "user_id": 1, "usage": 2, "keys": 3 })] {
        refused(&alice, json!({ "master_key": wrong })).await?;
        let mut body = CrossSigning::of(&alice, "first").body();
        body["self_signing_key"] = wrong;
        refused(&alice, body).await?;
    }
    Ok(())
}

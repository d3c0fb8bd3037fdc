//! Cross-signing keys: uploaded, seen, and replaced.

use super::prelude::*;

tests! { "cross_signing":
    first_upload, "cross-signing", ["POST v3/keys/device_signing/upload"];
    seen_by_owner, "cross-signing", ["POST v3/keys/query"];
    seen_by_others, "key-and-signature-security", ["POST v3/keys/query"];
    no_keys, "cross-signing", ["POST v3/keys/query"];
    same_again, "cross-signing", ["POST v3/keys/device_signing/upload"];
    master_key_alone_again, "cross-signing", ["POST v3/keys/device_signing/upload"];
    replacing_needs_authentication, "cross-signing", ["POST v3/keys/device_signing/upload 401"];
    replacing, "cross-signing", ["POST v3/keys/device_signing/upload"];
    replacing_one_needs_authentication, "cross-signing", ["POST v3/keys/device_signing/upload 401"];
    replacing_one, "cross-signing", ["POST v3/keys/device_signing/upload"];
    wrong_password, "cross-signing", ["POST v3/keys/device_signing/upload 401"];
    master_key_signed_by_device, "cross-signing", ["POST v3/keys/device_signing/upload"];
    needs_token, "cross-signing", ["POST v3/keys/device_signing/upload M_MISSING_TOKEN"];
}

const PATH: &str = "/_matrix/client/v3/keys/device_signing/upload";

/// Whether `viewer` sees these master and self-signing keys.
async fn ensure_seen(viewer: &User, user: &User, keys: &CrossSigning) -> Outcome {
    let answer = viewer.query(&[user]).await?;
    ensure_eq!(answer["master_keys"][&user.id]["keys"], keys.master_key()["keys"], "master key for {viewer}");
    ensure_eq!(answer["self_signing_keys"][&user.id], keys.self_signing_key(), "self-signing key for {viewer}");
    Ok(())
}

/// No authentication if "there is no existing master signing key uploaded to the homeserver".
async fn first_upload(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::of(&alice, "first");
    ensure_eq!(keys.try_upload(&alice).await?.ok()?, json!({}), "answer");
    ensure_seen(&alice, &alice, &keys).await
}

async fn seen_by_owner(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let other = alice.new_device().await?;
    let answer = other.query(&[&alice]).await?;
    ensure_eq!(answer["master_keys"][&alice.id], keys.master_key(), "master key");
    ensure_eq!(answer["self_signing_keys"][&alice.id], keys.self_signing_key(), "self-signing key");
    ensure_eq!(answer["user_signing_keys"][&alice.id], keys.user_signing_key(), "user-signing key");
    Ok(())
}

/// The user-signing key is "only visible to the user that it belongs to".
async fn seen_by_others(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let keys = CrossSigning::set_up(&alice).await?;
    let own = CrossSigning::set_up(&bob).await?;
    let answer = bob.query(&[&alice, &bob]).await?;
    ensure_eq!(answer["master_keys"][&alice.id], keys.master_key(), "master key");
    ensure_eq!(answer["self_signing_keys"][&alice.id], keys.self_signing_key(), "self-signing key");
    ensure_eq!(answer["user_signing_keys"], json!({ &bob.id: own.user_signing_key() }), "user-signing keys");
    Ok(())
}

async fn no_keys(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let answer = alice.query(&[&alice]).await?;
    for kind in ["master_keys", "self_signing_keys", "user_signing_keys"] {
        ensure!(answer[kind][&alice.id].is_null(), "{kind}: {answer}");
    }
    Ok(())
}

/// "Allowing clients to upload the same set of keys more than once makes this endpoint idempotent".
async fn same_again(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    ensure_eq!(keys.try_upload(&alice).await?.ok()?, json!({}), "answer to the second upload");
    ensure_seen(&alice, &alice, &keys).await
}

async fn master_key_alone_again(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    alice.post(PATH, json!({ "master_key": keys.master_key() })).await?.ok()?;
    ensure_seen(&alice, &alice, &keys).await
}

async fn replacing_needs_authentication(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let reply = CrossSigning::of(&alice, "second").try_upload(&alice).await?;
    ensure_eq!(reply.status, 401, "status ({})", reply.brief());
    ensure!(reply.json["flows"].is_array() && reply.json["session"].is_string(), "a challenge: {}", reply.brief());
    ensure_seen(&alice, &alice, &keys).await
}

async fn replacing(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    CrossSigning::set_up(&alice).await?;
    let keys = CrossSigning::of(&alice, "second");
    alice.authenticated(Method::POST, PATH, keys.body()).await?.ok()?;
    ensure_seen(&alice, &alice, &keys).await?;
    ensure_seen(&bob, &alice, &keys).await
}

/// Additional keys "MUST also match the existing keys stored on the server", or authentication is needed.
async fn replacing_one_needs_authentication(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let mut other = CrossSigning::of(&alice, "second");
    other.master = keys.master.clone();
    for body in [json!({ "self_signing_key": other.self_signing_key() }), other.body()] {
        let reply = alice.post(PATH, body).await?;
        ensure_eq!(reply.status, 401, "status ({})", reply.brief());
    }
    ensure_seen(&alice, &alice, &keys).await
}

/// "Must be signed by the accompanying master signing key, or by the user's most recently uploaded master signing key".
async fn replacing_one(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let mut other = CrossSigning::of(&alice, "second");
    other.master = keys.master.clone();
    let body = json!({ "self_signing_key": other.self_signing_key() });
    alice.authenticated(Method::POST, PATH, body).await?.ok()?;
    ensure_seen(&alice, &alice, &other).await?;
    let answer = alice.query(&[&alice]).await?;
    ensure_eq!(answer["user_signing_keys"][&alice.id], keys.user_signing_key(), "user-signing key is as it was");
    Ok(())
}

async fn wrong_password(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let keys = CrossSigning::set_up(&alice).await?;
    let other = CrossSigning::of(&alice, "second");
    let first = other.try_upload(&alice).await?;
    let mut body = other.body();
    body["auth"] = alice.password_stage(&first.json["session"]);
    body["auth"]["password"] = json!("wrong");
    alice.post(PATH, body).await?.error(401, "M_FORBIDDEN")?;
    ensure_seen(&alice, &alice, &keys).await
}

/// "the information returned will be the same as uploaded", with its signatures.
async fn master_key_signed_by_device(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let keys = CrossSigning::of(&alice, "first");
    let mut body = keys.body();
    body["master_key"] = alice.sign(keys.master_key());
    alice.post(PATH, body.clone()).await?.ok()?;
    for viewer in [&alice, &bob] {
        let answer = viewer.query(&[&alice]).await?;
        ensure_eq!(answer["master_keys"][&alice.id], body["master_key"], "master key for {viewer}");
    }
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    server.post(PATH, json!({})).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

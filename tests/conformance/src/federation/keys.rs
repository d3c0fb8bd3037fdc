//! The keys of the server, and what it knows of the keys of others.

use super::prelude::*;
use crate::peer::Peer;

tests! { "keys":
    published, "publishing-keys", ["GET /_matrix/key/v2/server"];
    valid_for_a_while, "publishing-keys", [];
    notary_get, "querying-keys-through-another-server", ["GET /_matrix/key/v2/query/{serverName}"];
    notary_post, "querying-keys-through-another-server", ["POST /_matrix/key/v2/query"];
    notary_has_them_still, "querying-keys-through-another-server", [];
    notary_of_itself, "querying-keys-through-another-server", [];
    notary_of_nobody, "querying-keys-through-another-server", [];
    notary_refuses_nonsense, "querying-keys-through-another-server", [];
    version, "server-implementation", ["GET /_matrix/federation/v1/version"];
    unknown_endpoint, "unsupported-endpoints", [];
}

async fn published(stage: Stage) -> Outcome {
    let keys = stage.peer.raw(Method::GET, "/_matrix/key/v2/server", None, &[]).await?.ok()?;
    ensure_eq!(keys["server_name"], stage.peer.under_test(), "server_name");
    ensure!(signed_by(&keys, stage.peer.under_test(), &keys), "the keys should be signed with themselves: {keys}");
    for (id, key) in keys["verify_keys"].as_object().into_iter().flatten() {
        ensure!(id.starts_with("ed25519:"), "a key id with an unknown algorithm: {id}");
        ensure_eq!(text(key, "key")?.len(), 43, "the length of a key in unpadded base64");
        ensure!(keys["signatures"][stage.peer.under_test()][id].is_string(), "{id} should have signed: {keys}");
    }
    ensure!(keys["old_verify_keys"].is_object(), "old_verify_keys: {keys}");
    Ok(())
}

async fn valid_for_a_while(stage: Stage) -> Outcome {
    let keys = stage.peer.raw(Method::GET, "/_matrix/key/v2/server", None, &[]).await?.ok()?;
    let until = keys["valid_until_ts"].as_u64().unwrap_or_default();
    ensure!(until > now() + 60_000, "valid_until_ts should be a time to come: {until}");
    Ok(())
}

/// The keys of a server in an answer of a notary, if they are signed by it and by the notary.
fn vouched(stage: &Stage, answer: &Value, server: &str, own: &Value) -> Result<Value, Failure> {
    let all = answer["server_keys"].as_array().cloned().unwrap_or_default();
    let Some(keys) = all.into_iter().find(|keys| keys["server_name"] == server) else {
        return Err(Failure::new(format!("the keys of {server} should be there: {answer}")));
    };
    ensure!(signed_by(&keys, server, own), "{server} has signed its keys, and that should be there: {keys}");
    let notary = stage.peer.under_test();
    ensure!(signed_by(&keys, notary, stage.peer.their_keys()), "the notary should have signed them: {keys}");
    Ok(keys)
}

/// A signed request of a server, after which its keys are known to the server under test.
async fn introduced(stage: &Stage, peer: &Peer) -> Outcome {
    peer.get(format!("{}?user_id={}", fed!("v1/query/profile"), encode(&stage.alice))).await?.ok().map(drop)
}

async fn notary_get(stage: Stage) -> Outcome {
    let me = &stage.peer.me;
    introduced(&stage, &stage.peer).await?;
    let path = format!("/_matrix/key/v2/query/{}", encode(&me.name));
    let answer = stage.peer.raw(Method::GET, &path, None, &[]).await?.ok()?;
    let keys = vouched(&stage, &answer, &me.name, &me.server_keys())?;
    ensure_eq!(keys["verify_keys"][&me.key_id]["key"], me.public(), "the key");
    Ok(())
}

async fn query(stage: &Stage, body: Value) -> Result<Reply, Failure> {
    stage.peer.raw(Method::POST, "/_matrix/key/v2/query", Some(body.to_string()), &[]).await
}

/// The criteria of a query for one key that is good now.
fn key_of(id: &str) -> Value {
    json!({ id: { "minimum_valid_until_ts": now() } })
}

/// A key that is named must be had, whether or not the notary has heard of the server.
async fn notary_post(stage: Stage) -> Outcome {
    let (one, other) = (stage.peer.me.clone(), stage.peer.second().me);
    let wanted = json!({ &one.name: key_of(&one.key_id), &other.name: key_of(&other.key_id) });
    let answer = query(&stage, json!({ "server_keys": wanted })).await?.ok()?;
    for identity in [one, other] {
        vouched(&stage, &answer, &identity.name, &identity.server_keys())?;
    }
    Ok(())
}

/// "Notary servers can return keys for servers that are offline": those that they have, and one that nobody can reach
/// takes nothing from the others.
async fn notary_has_them_still(stage: Stage) -> Outcome {
    let other = stage.peer.second();
    introduced(&stage, &other).await?;
    let nobody = "nobody.invalid:1";
    let answer = query(&stage, json!({ "server_keys": { &other.me.name: {}, nobody: {} } })).await?.ok()?;
    vouched(&stage, &answer, &other.me.name, &other.me.server_keys()).map(drop)
}

async fn notary_of_itself(stage: Stage) -> Outcome {
    let name = stage.peer.under_test().to_owned();
    let keys = stage.peer.their_keys();
    let id = keys["verify_keys"].as_object().and_then(|keys| keys.keys().next()).cloned().unwrap_or_default();
    let answer = query(&stage, json!({ "server_keys": { &name: key_of(&id) } })).await?.ok()?;
    vouched(&stage, &answer, &name, keys).map(drop)
}

/// "Servers which are offline and have no cached keys will not be included in the result."
async fn notary_of_nobody(stage: Stage) -> Outcome {
    let answer = query(&stage, json!({ "server_keys": { "nobody.invalid:1": {} } })).await?.ok()?;
    ensure_eq!(answer["server_keys"], json!([]), "the keys of nobody");
    Ok(())
}

async fn notary_refuses_nonsense(stage: Stage) -> Outcome {
    let reply = query(&stage, json!({ "server_keys": ["a"] })).await?;
    reply.refused(400).map(drop)
}

async fn version(stage: Stage) -> Outcome {
    let answer = stage.peer.raw(Method::GET, &fed!("v1/version"), None, &[]).await?.ok()?;
    for member in ["name", "version"] {
        ensure!(!text(&answer["server"], member)?.is_empty(), "{member} of the server");
    }
    Ok(())
}

async fn unknown_endpoint(stage: Stage) -> Outcome {
    stage.peer.get(fed!("v1/nothing/of/the/sort")).await?.error(404, "M_UNRECOGNIZED").map(drop)
}

//! Devices and their keys.

use super::prelude::*;
use crate::keys::CrossSigning;

tests! { "devices":
    list, "device-management", ["GET /_matrix/federation/v1/user/devices/{userId}"];
    query, "end-to-end-encryption", ["POST /_matrix/federation/v1/user/keys/query"];
    claim, "end-to-end-encryption", ["POST /_matrix/federation/v1/user/keys/claim"];
    claim_once, "end-to-end-encryption", [];
    of_nobody_here, "end-to-end-encryption", [];
    query_of_theirs, "end-to-end-encryption", [];
    claim_of_theirs, "end-to-end-encryption", [];
    update_of_theirs, "device-management", [];
    resync_after_a_gap, "device-management", [];
    signing_keys_of_theirs, "device-management", [];
}

/// Alice with keys.
async fn armed(stage: &Stage) -> Outcome {
    stage.alice.upload_device().await?;
    stage.alice.upload_one_time(&["AAAA"]).await.map(drop)
}

async fn list(stage: Stage) -> Outcome {
    armed(&stage).await?;
    let answer = stage.peer.get(fed!("v1/user/devices/{}", stage.alice)).await?.ok()?;
    ensure_eq!(answer["user_id"], stage.alice.id, "the user");
    ensure!(answer["stream_id"].is_u64(), "stream_id: {answer}");
    let device = &answer["devices"][0];
    ensure_eq!(device["device_id"], stage.alice.device, "the device");
    ensure_eq!(device["keys"]["keys"], stage.alice.device_keys()["keys"], "its keys");
    Ok(())
}

async fn query(stage: Stage) -> Outcome {
    armed(&stage).await?;
    let alice = stage.alice.id.as_str();
    let cross_signing = CrossSigning::set_up(&stage.alice).await?;
    let body = json!({ "device_keys": { alice: [] } });
    let answer = stage.peer.post(fed!("v1/user/keys/query"), &body).await?.ok()?;
    let keys = &answer["device_keys"][alice][&stage.alice.device];
    ensure_eq!(keys["signatures"], stage.alice.device_keys()["signatures"], "the signatures of the device");
    ensure_eq!(answer["master_keys"][alice]["keys"], cross_signing.master_key()["keys"], "the master key");
    let own = cross_signing.self_signing_key();
    ensure_eq!(answer["self_signing_keys"][alice]["keys"], own["keys"], "the self-signing key");
    let told = answer.to_string().contains(&cross_signing.user_signing.public());
    ensure!(!told, "the user-signing key is nobody else's business: {answer}");
    Ok(())
}

async fn claimed(stage: &Stage) -> Result<Value, Failure> {
    let wanted = json!({ &stage.alice.id: { &stage.alice.device: "signed_curve25519" } });
    let answer = stage.peer.post(fed!("v1/user/keys/claim"), &json!({ "one_time_keys": wanted })).await?.ok()?;
    Ok(answer["one_time_keys"][&stage.alice.id][&stage.alice.device].clone())
}

async fn claim(stage: Stage) -> Outcome {
    armed(&stage).await?;
    let key = claimed(&stage).await?;
    ensure_eq!(key["signed_curve25519:AAAA"]["key"], stage.alice.one_time_key("AAAA")["key"], "the key");
    Ok(())
}

async fn claim_once(stage: Stage) -> Outcome {
    armed(&stage).await?;
    claimed(&stage).await?;
    let again = claimed(&stage).await?;
    ensure!(again.as_object().is_none_or(|keys| keys.is_empty()), "a one-time key was given twice: {again}");
    Ok(())
}

/// A server answers for its own users only.
async fn of_nobody_here(stage: Stage) -> Outcome {
    let body = json!({ "device_keys": { &stage.bob: [] } });
    let reply = stage.peer.post(fed!("v1/user/keys/query"), &body).await?;
    let told = &reply.json["device_keys"][&stage.bob];
    ensure!(told.as_object().is_none_or(|keys| keys.is_empty()), "keys of the asker's own user: {}", reply.brief());
    ensure!(
        stage.peer.asked("keys", "").iter().all(|asked| asked.json["device_keys"][&stage.bob].is_null()),
        "asked on"
    );
    Ok(())
}

/// The devices of Bob, as Alice's server tells her.
pub async fn keys_of_bob(stage: &Stage) -> Result<Value, Failure> {
    let answer = stage.alice.post(v3!("keys/query"), json!({ "device_keys": { &stage.bob: [] } })).await?.ok()?;
    Ok(answer["device_keys"][&stage.bob].clone())
}

async fn query_of_theirs(stage: Stage) -> Outcome {
    let keys = stage.peer.device(&stage.bob, "PHONE");
    ensure_eq!(keys_of_bob(&stage).await?["PHONE"]["keys"], keys["keys"], "the keys of the device");
    Ok(())
}

async fn claim_of_theirs(stage: Stage) -> Outcome {
    stage.peer.device(&stage.bob, "PHONE");
    let body = json!({ "one_time_keys": { &stage.bob: { "PHONE": "signed_curve25519" } } });
    let answer = stage.alice.post(v3!("keys/claim"), body).await?.ok()?;
    let key = &answer["one_time_keys"][&stage.bob]["PHONE"]["signed_curve25519:AAAA"];
    ensure!(key["key"].is_string(), "the key of the peer's device: {answer}");
    Ok(())
}

/// An update of a device list in the room of both.
pub fn update(stage: &Stage, device: &str, stream: u64, prev: Value) -> Value {
    let keys = stage.peer.device(&stage.bob, device);
    json!({ "user_id": stage.bob, "device_id": device, "stream_id": stream, "prev_id": prev, "keys": keys })
}

async fn update_of_theirs(stage: Stage) -> Outcome {
    stage.shared().await?;
    stage.peer.device(&stage.bob, "PHONE");
    keys_of_bob(&stage).await?;
    let since = stage.alice.now().await?;
    stage.peer.send_edu("m.device_list_update", update(&stage, "TABLET", 2, json!([1]))).await?;
    let bob = stage.bob.clone();
    let changed = |answer: &Value| crate::sync::listed(answer, "changed").contains(&bob.as_str());
    stage.alice.sync_until(&since, changed).await?;
    sees_tablet(&stage).await
}

/// Waits until Alice sees the new device.
pub async fn sees_tablet(stage: &Stage) -> Outcome {
    wait_for("the new device of Bob".to_owned(), || async {
        Ok(keys_of_bob(stage).await?["TABLET"].is_object().then_some(()))
    })
    .await
}

/// "if […] prev_id […] not […] received, it must […] query"
async fn resync_after_a_gap(stage: Stage) -> Outcome {
    stage.shared().await?;
    stage.peer.device(&stage.bob, "PHONE");
    keys_of_bob(&stage).await?;
    stage.peer.send_edu("m.device_list_update", update(&stage, "TABLET", 9, json!([8]))).await?;
    wait_for("a question for the devices of Bob".to_owned(), || async {
        Ok((!stage.peer.asked("devices", &stage.bob).is_empty()).then_some(()))
    })
    .await?;
    sees_tablet(&stage).await
}

async fn signing_keys_of_theirs(stage: Stage) -> Outcome {
    stage.shared().await?;
    let key = crate::signing::SigningKey::named(&format!("{} master", stage.bob));
    let name = format!("ed25519:{}", key.public());
    let master = json!({ "user_id": stage.bob, "usage": ["master"], "keys": { name: key.public() } });
    let mut devices = json!({ "user_id": stage.bob, "stream_id": 1, "devices": [] });
    devices["master_key"] = master.clone();
    stage.peer.tell("devices", &stage.bob, devices);
    let since = stage.alice.now().await?;
    let content = json!({ "user_id": stage.bob, "master_key": master });
    stage.peer.send_edu("m.signing_key_update", content).await?;
    let bob = stage.bob.clone();
    let changed = |answer: &Value| crate::sync::listed(answer, "changed").contains(&bob.as_str());
    stage.alice.sync_until(&since, changed).await?;
    wait_for("the master key of Bob".to_owned(), || async {
        let body = json!({ "device_keys": { &stage.bob: [] } });
        let answer = stage.alice.post(v3!("keys/query"), body).await?.ok()?;
        Ok((answer["master_keys"][&stage.bob]["keys"] == master["keys"]).then_some(()))
    })
    .await
}

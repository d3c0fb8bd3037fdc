//! Lies about keys and devices. Clients are answered in any case: a server that cannot be asked stands in `failures`.

use super::super::devices::{keys_of_bob, sees_tablet, update};
use super::prelude::*;

tests! { "lies_keys_claim":
    of_another_user, "end-to-end-encryption", [];
    of_another_device, "end-to-end-encryption", [];
    more_than_was_asked_for, "end-to-end-encryption", [];
}

/// Those about the form.
pub fn forms() -> Vec<Test> {
    [
        forms!("keys_query", "end-to-end-encryption", query),
        forms!("keys_claim", "end-to-end-encryption", claim),
        forms!("user_devices", "device-management", list),
    ]
    .concat()
}

/// Whether Bob is asked about, beside whom others ask the same peer about others.
fn about(bob: &str, member: &'static str) -> impl Fn(&Request) -> bool + Send + Sync + use<> + 'static {
    let bob = bob.to_owned();
    move |request: &Request| !request.json[member][&bob].is_null()
}

async fn query(stage: Stage, lie: Form) -> Outcome {
    let honest = stage.peer.device(&stage.bob, "PHONE");
    let told = Told::new(&stage.peer, "keys", "", about(&stage.bob, "device_keys"), move |_, honest| lie(honest));
    let body = json!({ "device_keys": { &stage.bob: [] } });
    let reply = stage.alice.post(v3!("keys/query"), body).await?;
    ensure_eq!(reply.status, 200, "a query for keys after a lie: {}", reply.brief());
    harmless(&reply)?;
    ensure!(told.times() > 0, "the peer was not asked");
    for (device, keys) in reply.json["device_keys"][&stage.bob].as_object().into_iter().flatten() {
        ensure_eq!(device, "PHONE", "a device that Bob has");
        ensure_eq!(keys["keys"], honest["keys"], "its keys");
    }
    told.take_back();
    wait_for("the device of Bob".to_owned(), || async {
        Ok((keys_of_bob(&stage).await?["PHONE"]["keys"] == honest["keys"]).then_some(()))
    })
    .await?;
    goes_on(&stage).await
}

/// Alice claims a key of Bob's, and a lie is the answer.
async fn claimed<L>(stage: &Stage, lie: L) -> Result<(Told, Reply), Failure>
where
    L: Fn(Answer) -> Answer + Send + Sync + 'static,
{
    stage.peer.device(&stage.bob, "PHONE");
    let about = about(&stage.bob, "one_time_keys");
    let told = Told::new(&stage.peer, "claim", "", about, move |_, honest| lie(honest));
    let reply = claim_of_bob(stage).await?;
    ensure_eq!(reply.status, 200, "a claim of a key after a lie: {}", reply.brief());
    harmless(&reply)?;
    ensure!(told.times() > 0, "the peer was not asked");
    Ok((told, reply))
}

async fn claim_of_bob(stage: &Stage) -> Result<Reply, Failure> {
    let body = json!({ "one_time_keys": { &stage.bob: { "PHONE": "signed_curve25519" } } });
    stage.alice.post(v3!("keys/claim"), body).await
}

async fn claim(stage: Stage, lie: Form) -> Outcome {
    let (told, reply) = claimed(&stage, lie).await?;
    for (_, key) in reply.json["one_time_keys"][&stage.bob]["PHONE"].as_object().into_iter().flatten() {
        ensure!(key["key"].is_string() && key["signatures"].is_object(), "this is no signed key: {}", reply.brief());
    }
    told.take_back();
    wait_for("a key of Bob".to_owned(), || async {
        let reply = claim_of_bob(&stage).await?;
        let key = &reply.json["one_time_keys"][&stage.bob]["PHONE"]["signed_curve25519:AAAA"]["key"];
        Ok(key.is_string().then_some(()))
    })
    .await?;
    goes_on(&stage).await
}

/// What is claimed of the peer it tells of its own users only.
async fn of_another_user(stage: Stage) -> Outcome {
    let alice = stage.alice.id.clone();
    let (_, reply) = claimed(&stage, move |honest| {
        honest.changed(|answer| {
            answer["one_time_keys"][&alice] = json!({ "EVIL": { "signed_curve25519:EVIL": { "key": FALSE } } })
        })
    })
    .await?;
    ensure!(reply.json["one_time_keys"][&stage.alice.id].is_null(), "keys of Alice's: {}", reply.brief());
    Ok(())
}

async fn of_another_device(stage: Stage) -> Outcome {
    let bob = stage.bob.clone();
    let (_, reply) = claimed(&stage, move |honest| {
        honest.changed(|answer| {
            answer["one_time_keys"][&bob]["EVIL"] = json!({ "signed_curve25519:EVIL": { "key": "x" } })
        })
    })
    .await?;
    ensure!(reply.json["one_time_keys"][&stage.bob]["EVIL"].is_null(), "a key nobody asked for: {}", reply.brief());
    Ok(())
}

/// One key was asked for, and a hundred are given.
async fn more_than_was_asked_for(stage: Stage) -> Outcome {
    let bob = stage.bob.clone();
    let (_, reply) = claimed(&stage, move |honest| {
        honest.changed(|answer| {
            let keys = &mut answer["one_time_keys"][&bob]["PHONE"];
            let key = keys["signed_curve25519:AAAA"].clone();
            (0..100).for_each(|number| keys[format!("signed_curve25519:{number}")] = key.clone());
        })
    })
    .await?;
    let given = reply.json["one_time_keys"][&stage.bob]["PHONE"].as_object().map_or(0, serde_json::Map::len);
    ensure!(given <= 1, "{given} keys in the place of one");
    Ok(())
}

/// The list is asked for because a change was missed.
async fn list(stage: Stage, lie: Form) -> Outcome {
    stage.shared().await?;
    stage.peer.device(&stage.bob, "PHONE");
    keys_of_bob(&stage).await?;
    let told = Told::new(&stage.peer, "devices", &stage.bob, |_| true, move |_, honest| lie(honest));
    stage.peer.send_edu("m.device_list_update", update(&stage, "TABLET", 9, json!([8]))).await?;
    told.once("the devices of Bob").await?;
    let body = json!({ "device_keys": { &stage.bob: [] } });
    harmless(&stage.alice.post(v3!("keys/query"), body).await?)?;
    told.take_back();
    // If it was believed in part there is nothing to be asked again until more is missed.
    stage.peer.send_edu("m.device_list_update", update(&stage, "TABLET", 20, json!([19]))).await?;
    goes_on(&stage).await?;
    sees_tablet(&stage).await
}

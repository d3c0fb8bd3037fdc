//! Keys of devices and of servers that are not what they should be (CVE-2025-61672, CVE-2026-24044).

use super::prelude::*;

tests! { "advisory_keys":
    device_keys_of_other_shape_are_refused, "end-to-end-encryption", [];
    device_of_another_user, "device-management", [];
    device_of_another_server, "device-management", [];
    device_under_another_id, "device-management", [];
    list_of_another_user, "device-management", [];
    stream_ids_without_bounds, "device-management", [];
    query_with_strange_users, "end-to-end-encryption", [];
    forged_signing_key, "device-management", [];
    server_key_is_no_weak_one, "publishing-keys", [];
    server_keys_of_another_name, "retrieving-server-keys", [];
    claims_flood, "end-to-end-encryption", [];
}

/// A client's device keys of another shape would go to every other server.
async fn device_keys_of_other_shape_are_refused(stage: Stage) -> Outcome {
    stage.shared().await?;
    let mut keys = stage.alice.device_keys();
    keys["keys"] = json!({ "ed25519:OTHER": 1 });
    for wrong in [keys, json!({ "user_id": stage.bob, "device_id": "X", "algorithms": [], "keys": {} }), json!([1])] {
        let reply = stage.alice.try_upload(json!({ "device_keys": wrong })).await?;
        ensure!((400..500).contains(&reply.status), "device keys of another shape: {}", reply.brief());
    }
    stage.alice.upload_device().await?;
    let answer = stage.peer.get(fed!("v1/user/devices/{}", stage.alice)).await?.ok()?;
    ensure_eq!(answer["devices"][0]["keys"]["keys"], stage.alice.device_keys()["keys"], "the keys");
    Ok(())
}

async fn keys_of(stage: &Stage, user: &str) -> Result<Value, Failure> {
    let answer = stage.alice.post(v3!("keys/query"), json!({ "device_keys": { user: [] } })).await?.ok()?;
    Ok(answer["device_keys"][user].clone())
}

/// An update of a device list in the name of somebody else.
async fn foreign_update(stage: &Stage, user: &str) -> Outcome {
    stage.shared().await?;
    let keys = stage.peer.device(user, "EVIL");
    let content = json!({ "user_id": user, "device_id": "EVIL", "stream_id": 5, "prev_id": [], "keys": keys });
    stage.peer.send_edu("m.device_list_update", content).await?;
    let room = stage.shared().await?;
    stage.say(&room, "meanwhile").await?;
    ensure!(keys_of(stage, user).await?["EVIL"].is_null(), "a device of {user} that its server knows nothing of");
    Ok(())
}

async fn device_of_another_user(stage: Stage) -> Outcome {
    let alice = stage.alice.id.clone();
    foreign_update(&stage, &alice).await
}

async fn device_of_another_server(stage: Stage) -> Outcome {
    foreign_update(&stage, "@carol:elsewhere.invalid").await
}

/// The answer to a query has keys of another user or device in it.
async fn device_under_another_id(stage: Stage) -> Outcome {
    let other = stage.peer.device(&stage.peer.user("carol"), "PHONE");
    let device = json!({ "device_id": "PHONE", "keys": other });
    stage.peer.tell("devices", &stage.bob, json!({ "user_id": stage.bob, "stream_id": 1, "devices": [device] }));
    let told = keys_of(&stage, &stage.bob).await?;
    ensure!(told["PHONE"].is_null(), "keys of another user are told as Bob's: {told}");
    Ok(())
}

/// The list of a user is asked for, and that of another one is the answer.
async fn list_of_another_user(stage: Stage) -> Outcome {
    stage.shared().await?;
    stage.peer.device(&stage.bob, "PHONE");
    keys_of(&stage, &stage.bob).await?;
    let carol = stage.peer.user("carol");
    let device = json!({ "device_id": "EVIL", "keys": stage.peer.device(&carol, "EVIL") });
    let list = json!({ "user_id": carol, "stream_id": 9, "devices": [device] });
    stage.peer.lie("devices", &stage.bob, move |_, _| Answer::ok(list.clone()));
    let update = super::super::devices::update(&stage, "TABLET", 9, json!([8]));
    stage.peer.send_edu("m.device_list_update", update).await?;
    wait_for("a question for the devices of Bob".to_owned(), || async {
        Ok((!stage.peer.asked("devices", &stage.bob).is_empty()).then_some(()))
    })
    .await?;
    for _ in 0..5 {
        let told = keys_of(&stage, &stage.bob).await?;
        ensure!(told["EVIL"].is_null(), "the device of another user is told as Bob's: {told}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    Ok(())
}

/// Numbers of changes that none can follow: what comes after them is heard all the same.
async fn stream_ids_without_bounds(stage: Stage) -> Outcome {
    stage.shared().await?;
    stage.peer.device(&stage.bob, "PHONE");
    keys_of(&stage, &stage.bob).await?;
    let streams = [json!(9_007_199_254_740_991_u64), json!(u64::MAX), json!(-1), json!("9"), json!(null), json!([9])];
    for stream in streams {
        let mut content = super::super::devices::update(&stage, "PHONE", 2, json!([1]));
        content["stream_id"] = stream.clone();
        content["prev_id"] = json!([stream]);
        let edu = json!({ "edu_type": "m.device_list_update", "content": content });
        let reply = stage.peer.try_transact(&[], &[edu]).await?;
        ensure!(reply.status < 500, "the stream_id {stream}: {}", reply.brief());
    }
    let update = super::super::devices::update(&stage, "TABLET", 3, json!([2]));
    stage.peer.send_edu("m.device_list_update", update).await?;
    super::super::devices::sees_tablet(&stage).await
}

async fn query_with_strange_users(stage: Stage) -> Outcome {
    let alice = stage.alice.id.clone();
    stage.peer.lie("keys", "", {
        let bob = stage.bob.clone();
        move |request, honest| match request.json["device_keys"][&bob].is_null() {
            true => honest,
            false => honest.changed(|answer| {
                answer["device_keys"][&alice] = json!({ "EVIL": { "user_id": alice, "device_id": "EVIL" } });
                answer["device_keys"]["not a user"] = json!(7);
            }),
        }
    });
    stage.peer.device(&stage.bob, "PHONE");
    let body = json!({ "device_keys": { &stage.bob: [] } });
    let answer = stage.alice.post(v3!("keys/query"), body).await?.ok()?;
    ensure!(answer["device_keys"][&stage.alice.id]["EVIL"].is_null(), "a device of Alice's, told by another: {answer}");
    Ok(())
}

/// A self-signing key that the master key has not signed is not believed.
async fn forged_signing_key(stage: Stage) -> Outcome {
    stage.shared().await?;
    let named = |word: &str| crate::signing::SigningKey::named(&format!("{} {word}", stage.bob));
    let key = |usage: &str| {
        let public = named(usage).public();
        json!({ "user_id": stage.bob, "usage": [usage], "keys": { format!("ed25519:{public}"): public } })
    };
    let (master, own) = (key("master"), key("self_signing"));
    let forged = named("stranger").sign(own, &stage.bob, &named("master").public());
    let content = json!({ "user_id": stage.bob, "master_key": master, "self_signing_key": forged });
    stage.peer.send_edu("m.signing_key_update", content).await?;
    let room = stage.shared().await?;
    stage.say(&room, "meanwhile").await?;
    let body = json!({ "device_keys": { &stage.bob: [] } });
    let answer = stage.alice.post(v3!("keys/query"), body).await?.ok()?;
    ensure!(answer["self_signing_keys"][&stage.bob].is_null(), "a forged self-signing key is told: {answer}");
    Ok(())
}

/// A key of small order would let anybody sign.
async fn server_key_is_no_weak_one(stage: Stage) -> Outcome {
    let keys = stage.peer.their_keys()["verify_keys"].clone();
    for (id, key) in keys.as_object().into_iter().flatten() {
        let text = text(key, "key")?;
        let bytes =
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD_NO_PAD, &text).unwrap_or_default();
        let mut kinds = bytes.clone();
        kinds.sort_unstable();
        kinds.dedup();
        ensure!(bytes.len() == 32 && kinds.len() > 8, "{id} is a key that one could guess: {text}");
    }
    Ok(())
}

/// Under a name that is not its own the peer answers with the keys of its first server: a notary does not vouch for keys
/// that name another server than the one that was asked.
async fn server_keys_of_another_name(stage: Stage) -> Outcome {
    let (me, name) = (&stage.peer.me, stage.peer.second().me.name.to_uppercase());
    let wanted = json!({ &name: { &me.key_id: { "minimum_valid_until_ts": now() } } });
    let body = Some(json!({ "server_keys": wanted }).to_string());
    let answer = stage.peer.raw(Method::POST, "/_matrix/key/v2/query", body, &[]).await?.ok()?;
    for keys in answer["server_keys"].as_array().into_iter().flatten() {
        let other = keys["server_name"].as_str().unwrap_or_default();
        ensure!(other.eq_ignore_ascii_case(&name), "keys of {other:?} as those of {name}: {answer}");
    }
    ensure!(!answer.to_string().contains(&me.public()), "a key that is not the server's has a notary: {answer}");
    Ok(())
}

/// Claims for users and devices that are not there, by the thousand.
async fn claims_flood(stage: Stage) -> Outcome {
    let devices: serde_json::Map<String, Value> =
        (0..5_000).map(|number| (format!("D{number}"), json!("signed_curve25519"))).collect();
    let body = json!({ "one_time_keys": { &stage.alice.id: devices } });
    let reply = stage.peer.post(fed!("v1/user/keys/claim"), &body).await?;
    ensure!(reply.status < 500, "many claims: {}", reply.brief());
    let room = stage.shared().await?;
    stage.say(&room, "and on it goes").await.map(drop)
}

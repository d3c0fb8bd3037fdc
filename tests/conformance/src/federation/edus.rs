//! EDUs: typing, receipts, presence, messages between devices.

use super::prelude::*;

tests! { "edus":
    typing, "typing-notifications", [];
    typing_of_ours, "typing-notifications", [];
    typing_outside, "typing-notifications", [];
    typing_of_others, "typing-notifications", [];
    receipt, "receipts", [];
    receipt_of_ours, "receipts", [];
    private_receipt_stays, "receipts", [];
    presence, "presence", [];
    to_device, "send-to-device-messaging", [];
    to_device_twice, "send-to-device-messaging", [];
    to_device_of_ours, "send-to-device-messaging", [];
    device_list_of_ours, "device-management", [];
    device_list_after_a_join, "device-management", [];
    unknown_kind, "edus", [];
    malformed, "edus", [];
}

fn has(answer: &Value, room: &str, kind: &str, test: impl Fn(&Value) -> bool) -> bool {
    events(joined(answer, room), "ephemeral").iter().any(|event| event["type"] == kind && test(&event["content"]))
}

async fn typing(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let since = stage.alice.now().await?;
    let content = json!({ "room_id": room, "user_id": stage.bob, "typing": true });
    stage.peer.send_edu("m.typing", content).await?;
    let bob = json!([stage.bob]);
    stage.alice.sync_until(&since, |answer| has(answer, &room, "m.typing", |c| c["user_ids"] == bob)).await.map(drop)
}

/// Waits for an EDU of the server under test.
async fn comes(stage: &Stage, kind: &str, test: impl Fn(&Value) -> bool + Send + Sync) -> Result<Value, Failure> {
    wait_for(format!("{kind} at the peer"), || async {
        let edus = stage.peer.transactions("edus");
        Ok(edus.into_iter().find(|edu| edu["edu_type"] == kind && test(&edu["content"])))
    })
    .await
}

async fn typing_of_ours(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let body = json!({ "typing": true, "timeout": 10_000 });
    stage.alice.put(v3!("rooms/{}/typing/{}", room, stage.alice), body).await?.ok()?;
    let edu = comes(&stage, "m.typing", |content| content["room_id"] == room.as_str()).await?;
    ensure_eq!(edu["content"]["user_id"], stage.alice.id, "who is typing");
    ensure_eq!(edu["content"]["typing"], true, "typing");
    Ok(())
}

/// These are said to be typing, then Bob: nobody but Bob may be shown.
async fn only_bob_types(stage: &Stage, others: &[String]) -> Outcome {
    let room = stage.shared().await?;
    let since = stage.alice.now().await?;
    for user in others.iter().chain([&stage.bob]) {
        let content = json!({ "room_id": room, "user_id": user, "typing": true });
        stage.peer.send_edu("m.typing", content).await?;
    }
    let bob = json!(stage.bob);
    let types = |content: &Value| content["user_ids"].as_array().is_some_and(|users| users.contains(&bob));
    let answer = stage.alice.sync_until(&since, |answer| has(answer, &room, "m.typing", types)).await?;
    ensure!(has(&answer, &room, "m.typing", |c| c["user_ids"] == json!([bob])), "who is typing: {answer}");
    Ok(())
}

/// "Receiving servers should verify that the user is in the room".
async fn typing_outside(stage: Stage) -> Outcome {
    only_bob_types(&stage, &[stage.peer.user("carol")]).await
}

/// "and is a user belonging to the sending server".
async fn typing_of_others(stage: Stage) -> Outcome {
    only_bob_types(&stage, &[stage.peer.second().user("dave"), stage.alice.id.clone()]).await
}

/// The content of an EDU with one receipt.
fn receipt_for(room: &str, user: &str, event: &str) -> Value {
    json!({ room: { "m.read": { user: { "event_ids": [event], "data": { "ts": now() } } } } })
}

async fn receipt(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.alice.say(&room, "read me").await?;
    stage.arrives(&room, &event).await?;
    let since = stage.alice.now().await?;
    stage.peer.send_edu("m.receipt", receipt_for(&room, &stage.bob, &event)).await?;
    let seen = |content: &Value| content[&event]["m.read"][&stage.bob].is_object();
    stage.alice.sync_until(&since, |answer| has(answer, &room, "m.receipt", seen)).await.map(drop)
}

async fn receipt_of_ours(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.say(&room, "read me").await?;
    stage.alice.post(v3!("rooms/{}/receipt/m.read/{}", room, event.id), json!({})).await?.ok()?;
    let alice = stage.alice.id.clone();
    let edu = comes(&stage, "m.receipt", |content| content[&room]["m.read"][&alice].is_object()).await?;
    ensure_eq!(edu["content"][&room]["m.read"][&alice]["event_ids"], json!([event.id]), "what was read");
    Ok(())
}

/// "m.read.private" is not told to other servers.
async fn private_receipt_stays(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let (first, second) = (stage.say(&room, "one").await?, stage.say(&room, "two").await?);
    stage.alice.post(v3!("rooms/{}/receipt/m.read.private/{}", room, second.id), json!({})).await?.ok()?;
    stage.alice.post(v3!("rooms/{}/receipt/m.read/{}", room, first.id), json!({})).await?.ok()?;
    comes(&stage, "m.receipt", |content| content[&room]["m.read"].is_object()).await?;
    // What is on its way is there before what is said later.
    let last = stage.alice.say(&room, "three").await?;
    stage.arrives(&room, &last).await?;
    let told = stage.peer.transactions("edus").iter().any(|edu| edu.to_string().contains(&second.id));
    ensure!(!told, "a private receipt was told to another server");
    Ok(())
}

async fn presence(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    stage.say(&room, "hello").await?;
    let push = json!({ "user_id": stage.bob, "presence": "online", "last_active_ago": 10, "status_msg": "here" });
    stage.peer.send_edu("m.presence", json!({ "push": [push] })).await?;
    wait_for("presence of Bob".to_owned(), || async {
        let reply = stage.alice.get(v3!("presence/{}/status", stage.bob)).await?;
        Ok((reply.json["status_msg"] == "here").then_some(()))
    })
    .await
}

/// The content of an EDU with a message to Alice's device.
fn note(stage: &Stage, id: &str, number: u64) -> Value {
    json!({
        "sender": stage.bob, "type": "org.example.note", "message_id": id,
        "messages": { &stage.alice.id: { &stage.alice.device: { "number": number } } },
    })
}

/// The numbers of the notes in a sync.
fn notes(answer: &Value) -> Vec<u64> {
    let notes = events(answer, "to_device").iter().filter(|event| event["type"] == "org.example.note");
    notes.filter_map(|event| event["content"]["number"].as_u64()).collect()
}

async fn to_device(stage: Stage) -> Outcome {
    let since = stage.alice.now().await?;
    stage.peer.send_edu("m.direct_to_device", note(&stage, &nonce(), 1)).await?;
    let answer = stage.alice.sync_until(&since, |answer| !notes(answer).is_empty()).await?;
    ensure_eq!(events(&answer, "to_device").len(), 1, "messages");
    ensure!(events(&answer, "to_device").iter().all(|event| event["sender"] == stage.bob), "the sender: {answer}");
    Ok(())
}

/// "message_id: […] used for idempotence".
async fn to_device_twice(stage: Stage) -> Outcome {
    let (id, since) = (nonce(), stage.alice.now().await?);
    for _ in 0..2 {
        stage.peer.send_edu("m.direct_to_device", note(&stage, &id, 1)).await?;
    }
    stage.peer.send_edu("m.direct_to_device", note(&stage, &nonce(), 2)).await?;
    // Always from the same token on, so that each answer has all that has come.
    let came = wait_for("the second message".to_owned(), || async {
        let notes = notes(&stage.alice.sync_since(&since).await?);
        Ok(notes.contains(&2).then_some(notes))
    })
    .await?;
    ensure_eq!(came, [1, 2], "the messages");
    Ok(())
}

async fn to_device_of_ours(stage: Stage) -> Outcome {
    let body = json!({ "messages": { &stage.bob: { "PHONE": { "number": 7 } } } });
    stage.alice.put(v3!("sendToDevice/org.example.note/{}", nonce()), body).await?.ok()?;
    let bob = stage.bob.clone();
    let edu = comes(&stage, "m.direct_to_device", |content| content["messages"][&bob].is_object()).await?;
    ensure_eq!(edu["content"]["sender"], stage.alice.id, "the sender");
    ensure_eq!(edu["content"]["messages"][&bob]["PHONE"]["number"], 7, "the content");
    ensure!(text(&edu["content"], "message_id")?.chars().count() <= 32, "message_id has at most 32 characters");
    Ok(())
}

async fn device_list_of_ours(stage: Stage) -> Outcome {
    stage.shared().await?;
    stage.alice.upload_device().await?;
    let alice = stage.alice.id.clone();
    let edu = comes(&stage, "m.device_list_update", |content| content["user_id"] == alice.as_str()).await?;
    ensure!(edu["content"]["stream_id"].is_u64(), "stream_id: {edu}");
    Ok(())
}

/// "Servers must send m.device_list_update EDUs to all the servers who share a room with a given local user", and with a
/// join there are more of them.
async fn device_list_after_a_join(stage: Stage) -> Outcome {
    stage.alice.upload_device().await?;
    stage.joined().await?;
    let alice = stage.alice.id.clone();
    let edu = comes(&stage, "m.device_list_update", |content| content["user_id"] == alice.as_str()).await?;
    ensure_eq!(edu["content"]["device_id"], stage.alice.device, "the device");
    ensure_eq!(edu["content"]["keys"]["device_id"], stage.alice.device, "its keys");
    ensure!(edu["content"]["stream_id"].is_u64(), "stream_id: {edu}");
    Ok(())
}

async fn unknown_kind(stage: Stage) -> Outcome {
    stage.peer.send_edu("org.example.unknown", json!({ "a": 1 })).await
}

/// One that makes no sense takes nothing from those that do.
async fn malformed(stage: Stage) -> Outcome {
    let since = stage.alice.now().await?;
    let edu = |kind: &str, content: Value| json!({ "edu_type": kind, "content": content });
    let edus = [
        edu("m.typing", json!([])),
        edu("m.receipt", json!({ "x": 1 })),
        edu("m.presence", json!({ "push": "x" })),
        edu("m.direct_to_device", json!({ "sender": 1 })),
        edu("m.device_list_update", json!("x")),
        edu("m.signing_key_update", json!({ "user_id": stage.alice.id })),
        json!({ "edu_type": 1 }),
        edu("m.direct_to_device", note(&stage, &nonce(), 1)),
    ];
    stage.peer.try_transact(&[], &edus).await?.ok()?;
    stage.alice.sync_until(&since, |answer| notes(answer) == [1]).await.map(drop)
}

//! Transactions: events and EDUs that a server sends.

use super::prelude::*;

tests! { "transactions":
    message, "transactions", ["PUT /_matrix/federation/v1/send/{txnId}"];
    state, "transactions", [];
    redaction, "transactions", [];
    empty, "transactions", [];
    several_rooms, "transactions", [];
    fifty_events, "transactions", [];
    too_many, "transactions", [];
    too_many_edus, "transactions", [];
    repeated, "transactions", [];
    origin_of_another, "transactions", [];
    answer_names_each_event, "transactions", [];
    unknown_room, "transactions", [];
    without_pdus, "transactions", [];
    ours, "transactions", [];
    ours_in_order, "transactions", [];
    ours_come_once, "transactions", [];
    ours_have_a_right_form, "pdus", [];
}

async fn message(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.say(&room, "hello").await?;
    let seen = stage.alice.event(&room, &event.id).await?;
    ensure_eq!(seen["sender"], stage.bob.as_str(), "the sender");
    ensure_eq!(seen["content"]["body"], "hello", "the body");
    ensure!(seen["auth_events"].is_null() && seen["hashes"].is_null(), "clients need not see this: {seen}");
    Ok(())
}

async fn state(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    stage.set(&room, "m.room.topic", "", json!({ "topic": "from there" })).await.map(drop)
}

async fn redaction(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let event = stage.say(&room, "not so").await?;
    let redaction = stage.event(&room, "m.room.redaction", None, json!({ "redacts": event.id }))?;
    stage.send(&room, &redaction).await?;
    wait_for("the redaction".to_owned(), || async {
        let seen = stage.alice.event(&room, &event.id).await?;
        Ok((seen["content"] == json!({})).then_some(()))
    })
    .await
}

async fn empty(stage: Stage) -> Outcome {
    stage.peer.try_transact(&[], &[]).await?.ok().map(drop)
}

async fn several_rooms(stage: Stage) -> Outcome {
    let rooms = [stage.shared().await?, stage.shared().await?, stage.joined().await?];
    let mut sent = Vec::new();
    for room in &rooms {
        let event = stage.message(room, "to all")?;
        stage.keep(room, &event);
        sent.push(event);
    }
    stage.peer.transact(&sent).await?;
    for (room, event) in rooms.iter().zip(&sent) {
        stage.alice.receive(room, &event.id).await?;
    }
    Ok(())
}

async fn fifty_events(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut sent = Vec::new();
    for number in 0..50 {
        let event = stage.message(&room, &format!("number {number}"))?;
        stage.keep(&room, &event);
        sent.push(event);
    }
    stage.peer.transact(&sent).await?;
    for event in &sent {
        stage.alice.receive(&room, &event.id).await?;
    }
    Ok(())
}

/// "they can have at most 50 PDUs and 100 EDUs": more are refused as a whole. With which error is not said.
async fn refused(stage: &Stage, pdus: &[Value], edus: &[Value]) -> Outcome {
    let reply = stage.peer.try_transact(pdus, edus).await?;
    ensure!((400..500).contains(&reply.status) && reply.status != 429, "a large transaction: {}", reply.brief());
    ensure!(reply.json.is_object(), "an answer is an object: {}", reply.brief());
    Ok(())
}

async fn too_many(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let pdu = stage.message(&room, "again")?.pdu;
    refused(&stage, &vec![pdu; 51], &[]).await
}

async fn too_many_edus(stage: Stage) -> Outcome {
    let edu = json!({ "edu_type": "org.example.nothing", "content": {} });
    refused(&stage, &[], &vec![edu; 101]).await
}

/// A transaction that comes twice is answered in the same way, and does nothing the second time.
async fn repeated(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.message(&room, "once")?;
    stage.keep(&room, &event);
    let uri = fed!("v1/send/{}", nonce());
    let body = stage.peer.transaction_of(&[event.pdu.clone()], &[]);
    let first = stage.peer.put(&uri, &body).await?.ok()?;
    stage.alice.receive(&room, &event.id).await?;
    ensure_eq!(stage.peer.put(&uri, &body).await?.ok()?, first, "the second answer");
    stage.say(&room, "then").await?;
    let answer = stage.alice.get(format!("{}?dir=b&limit=50", v3!("rooms/{}/messages", room))).await?.ok()?;
    let chunk = answer["chunk"].as_array().cloned().unwrap_or_default();
    let times = ids(&chunk).into_iter().filter(|id| *id == event.id).count();
    ensure_eq!(times, 1, "how often the event is there");
    Ok(())
}

/// The `origin` of a transaction is the server that sends it. One that names another may be refused or not; what is in it
/// is never taken for the word of that other.
async fn origin_of_another(stage: Stage) -> Outcome {
    let second = stage.peer.second();
    let note = |sender: &str| {
        let messages = json!({ &stage.alice.id: { &stage.alice.device: {} } });
        let content =
            json!({ "sender": sender, "type": "org.example.note", "message_id": nonce(), "messages": messages });
        json!({ "edu_type": "m.direct_to_device", "content": content })
    };
    let since = stage.alice.now().await?;
    let mut body = stage.peer.transaction_of(&[], &[note(&second.user("carol"))]);
    body["origin"] = json!(second.me.name);
    let reply = stage.peer.put(fed!("v1/send/{}", nonce()), &body).await?;
    ensure!(reply.status < 500, "a transaction of another origin: {}", reply.brief());
    stage.peer.try_transact(&[], &[note(&stage.bob)]).await?.ok()?;
    let answer = stage.alice.sync_until(&since, |answer| !events(answer, "to_device").is_empty()).await?;
    for event in events(&answer, "to_device") {
        ensure_eq!(event["sender"], stage.bob.as_str(), "the sender of a message to a device");
    }
    Ok(())
}

async fn answer_names_each_event(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let good = stage.message(&room, "good")?;
    stage.keep(&room, &good);
    let mut bad = stage.message(&room, "bad")?;
    bad.pdu["signatures"] = json!({});
    let results = stage.peer.transact(&[good.clone(), bad.clone()]).await?;
    ensure_eq!(results[&good.id], json!({}), "of the good event");
    stage.alice.receive(&room, &good.id).await.map(drop)
}

async fn unknown_room(stage: Stage) -> Outcome {
    let room = stage.hosted()?;
    let event = stage.message(&room, "into nowhere")?;
    stage.peer.transact(&[event]).await.map(drop)
}

async fn without_pdus(stage: Stage) -> Outcome {
    let body = json!({ "origin": stage.peer.me.name, "origin_server_ts": now() });
    let reply = stage.peer.put(fed!("v1/send/{}", nonce()), &body).await?;
    ensure!([200, 400].contains(&reply.status), "a transaction without pdus: {}", reply.brief());
    Ok(())
}

async fn ours(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.alice.say(&room, "hello").await?;
    let pdu = stage.arrives(&room, &event).await?;
    ensure_eq!(pdu["content"]["body"], "hello", "the body");
    Ok(())
}

async fn ours_in_order(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut sent = Vec::new();
    for number in 0..20 {
        sent.push(stage.alice.say(&room, &format!("number {number}")).await?);
    }
    let last = sent.last().cloned().unwrap_or_default();
    stage.arrives(&room, &last).await?;
    let order = stage.peer.room(&room)?.order;
    let came: Vec<&String> = order.iter().filter(|id| sent.contains(id)).collect();
    ensure_eq!(came, sent.iter().collect::<Vec<_>>(), "the order in which they came");
    Ok(())
}

async fn ours_come_once(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.alice.say(&room, "hello").await?;
    stage.arrives(&room, &event).await?;
    // What would come again would come before or with the next ones.
    for words in ["and", "on"] {
        let next = stage.alice.say(&room, words).await?;
        stage.arrives(&room, &next).await?;
    }
    let asked = stage.peer.transactions("pdus");
    let times = asked.iter().filter(|pdu| event_id(pdu, 11) == event).count();
    ensure_eq!(times, 1, "how often an event comes whose transaction was answered");
    Ok(())
}

/// "depth", "prev_events", "auth_events" and so on, as the version of the room says.
async fn ours_have_a_right_form(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.alice.say(&room, "hello").await?;
    let pdu = stage.arrives(&room, &event).await?;
    for name in ["auth_events", "prev_events"] {
        ensure!(pdu[name].as_array().is_some_and(|list| list.iter().all(Value::is_string)), "{name} of {pdu}");
    }
    ensure!(pdu["depth"].is_u64() && pdu["origin_server_ts"].is_u64(), "numbers of {pdu}");
    ensure!(pdu["event_id"].is_null(), "from version 3 on, an event has no event_id: {pdu}");
    Ok(())
}

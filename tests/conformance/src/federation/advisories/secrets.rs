//! What others must not learn (CVE-2024-53867, CVE-2021-39163), and what they must not say for others (CVE-2023-42453).

use super::prelude::*;

tests! { "advisory_secrets":
    events_after_leaving, "retrieving-events", [];
    nothing_is_sent_after_leaving, "transactions", [];
    rooms_cannot_be_guessed, "retrieving-events", [];
    aliases_of_others_are_not_answered, "querying-for-information", [];
    receipts_of_others, "receipts", [];
    presence_of_others, "presence", [];
    to_device_of_others, "send-to-device-messaging", [];
    stripped_state_of_a_private_room, "inviting-to-a-room", [];
}

async fn events_after_leaving(stage: Stage) -> Outcome {
    let body = json!({ "preset": "private_chat", "room_version": "11", "invite": [stage.bob] });
    let room = stage.shared_with(body).await?;
    stage.peer.depart(&room, &stage.bob).await?;
    stage.alice.see_state(&room, "m.room.member", &stage.bob, json!({ "membership": "leave" })).await?;
    let secret = stage.alice.say(&room, "now that they are gone").await?;
    let paths = [
        fed!("v1/event/{}", secret),
        format!("{}?limit=10&v={}", fed!("v1/backfill/{}", room), encode(&secret)),
        format!("{}?event_id={}", fed!("v1/state/{}", room), encode(&secret)),
    ];
    for path in paths {
        let reply = stage.peer.get(&path).await?;
        ensure!(!reply.text.contains("now that they are gone"), "{path}: {}", reply.brief());
    }
    Ok(())
}

async fn nothing_is_sent_after_leaving(stage: Stage) -> Outcome {
    let (room, other) = (stage.shared().await?, stage.shared().await?);
    stage.peer.depart(&room, &stage.bob).await?;
    stage.alice.see_state(&room, "m.room.member", &stage.bob, json!({ "membership": "leave" })).await?;
    let secret = stage.alice.say(&room, "now that they are gone").await?;
    let seen = stage.alice.say(&other, "you are still here").await?;
    stage.arrives(&other, &seen).await?;
    let came = stage.peer.received(&room).iter().any(|pdu| event_id(pdu, 11) == secret);
    ensure!(!came, "an event was sent to a server that has left");
    Ok(())
}

/// A room that is private and one that is not there are answered alike.
async fn rooms_cannot_be_guessed(stage: Stage) -> Outcome {
    let private = stage.alice.private_room().await?;
    let event = stage.alice.say(&private, "secret").await?;
    let none = "$nothing-of-this-name-nothing-of-this-name-0000";
    let (there, gone) =
        (stage.peer.get(fed!("v1/event/{}", event)).await?, stage.peer.get(fed!("v1/event/{}", none)).await?);
    ensure!([403, 404].contains(&there.status) && [403, 404].contains(&gone.status), "refusals");
    let nowhere = format!("!{}:{}", nonce(), stage.peer.under_test());
    let hierarchy = |room: &str| fed!("v1/hierarchy/{}", room);
    let (one, other) = (stage.peer.get(hierarchy(&private)).await?, stage.peer.get(hierarchy(&nowhere)).await?);
    ensure_eq!(one.status, other.status, "a private room, and one that is not there");
    ensure_eq!(one.json["errcode"], other.json["errcode"], "a private room, and one that is not there");
    Ok(())
}

/// A server answers for its own aliases and users, and does not ask others on behalf of a third.
async fn aliases_of_others_are_not_answered(stage: Stage) -> Outcome {
    let alias = format!("#{}:{}", nonce(), stage.peer.me.name);
    stage.peer.tell("directory", &alias, json!({ "room_id": "!a:b", "servers": [stage.peer.me.name] }));
    let path = format!("{}?room_alias={}", fed!("v1/query/directory"), encode(&alias));
    let reply = stage.peer.get(path).await?;
    ensure!((400..500).contains(&reply.status), "an alias of another server: {}", reply.brief());
    let path = format!("{}?user_id={}", fed!("v1/query/profile"), encode(&stage.bob));
    let reply = stage.peer.get(path).await?;
    ensure!((400..500).contains(&reply.status), "a user of another server: {}", reply.brief());
    ensure!(stage.peer.asked("directory", &alias).is_empty(), "it asked on behalf of another");
    Ok(())
}

/// Receipts for users of another server, and for rooms one is not in, are not taken.
async fn receipts_of_others(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.alice.say(&room, "read me").await?;
    stage.arrives(&room, &event).await?;
    let since = stage.alice.now().await?;
    let second = stage.peer.second().user("carol");
    for user in [&stage.alice.id, &second, &stage.bob] {
        let data = json!({ "event_ids": [event], "data": { "ts": now() } });
        stage.peer.send_edu("m.receipt", json!({ &room: { "m.read": { user: data } } })).await?;
    }
    let read = |answer: &Value, user: &str| {
        let found = events(joined(answer, &room), "ephemeral");
        found.iter().any(|found| found["content"][&event]["m.read"][user].is_object())
    };
    // Always from the same token on, so that the answer has all that has come.
    let answer = wait_for("the receipt of Bob".to_owned(), || async {
        let answer = stage.alice.sync_since(&since).await?;
        Ok(read(&answer, &stage.bob).then_some(answer))
    })
    .await?;
    ensure!(!read(&answer, &stage.alice.id) && !read(&answer, &second), "receipts of others: {answer}");
    Ok(())
}

async fn presence_of_others(stage: Stage) -> Outcome {
    let push = json!([{ "user_id": stage.alice.id, "presence": "unavailable", "status_msg": "forged" }]);
    stage.peer.send_edu("m.presence", json!({ "push": push })).await?;
    let room = stage.shared().await?;
    stage.say(&room, "meanwhile").await?;
    let reply = stage.alice.get(v3!("presence/{}/status", stage.alice)).await?;
    ensure!(reply.json["status_msg"] != "forged", "another server says how Alice is: {}", reply.brief());
    Ok(())
}

async fn to_device_of_others(stage: Stage) -> Outcome {
    let since = stage.alice.now().await?;
    for sender in [&stage.alice.id, &stage.peer.second().user("carol"), &stage.bob] {
        let content = json!({
            "sender": sender, "type": "org.example.note", "message_id": nonce(),
            "messages": { &stage.alice.id: { "*": { "from": sender } } },
        });
        stage.peer.send_edu("m.direct_to_device", content).await?;
    }
    let answer = stage.alice.sync_until(&since, |answer| !events(answer, "to_device").is_empty()).await?;
    for event in events(&answer, "to_device") {
        ensure_eq!(event["sender"], stage.bob.as_str(), "the sender of a message to a device");
    }
    Ok(())
}

/// An invite and a knock show what the room is called, and neither its members nor its messages.
async fn stripped_state_of_a_private_room(stage: Stage) -> Outcome {
    let room = stage.alice.create_room(json!({ "preset": "private_chat", "name": "Inside" })).await?;
    stage.alice.set_state(&room, "org.example.secret", "", json!({ "secret": "inside" })).await?;
    stage.alice.post(v3!("rooms/{}/invite", room), json!({ "user_id": stage.bob })).await?.ok()?;
    let asked = stage.peer.asked("invite", &room);
    ensure!(!asked.is_empty(), "the peer should have got the invite");
    ensure!(asked.iter().all(|request| !request.json.to_string().contains("org.example.secret")), "more is shown");
    Ok(())
}

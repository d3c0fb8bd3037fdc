//! Templates that try to get something else signed (CVE-2026-24471): a server signs what it has built itself.

use super::prelude::*;

tests! { "advisory_templates":
    of_another_type, "joining-rooms", [];
    of_another_sender, "joining-rooms", [];
    of_another_room, "joining-rooms", [];
    of_another_membership, "joining-rooms", [];
    with_more_content, "joining-rooms", [];
    with_more_members, "joining-rooms", [];
    of_a_leave, "leaving-rooms-rejecting-invites", [];
    of_a_leave_with_more, "leaving-rooms-rejecting-invites", [];
    of_a_knock, "knocking-rooms", [];
    of_a_knock_with_more, "knocking-rooms", [];
    that_are_no_events, "joining-rooms", [];
}

/// Alice tries to join through a template that was changed. Gives the events that she sent in the end.
async fn tempted(stage: &Stage, change: fn(&mut Value)) -> Result<Vec<Value>, Failure> {
    let room = stage.hosted()?;
    stage.peer.lie("make_join", &room, move |_, honest| honest.changed(|answer| change(&mut answer["event"])));
    stage.try_join(&room).await?;
    Ok(stage.peer.asked("send_join", &room).into_iter().map(|request| request.json).collect())
}

/// Whatever was signed is a join of Alice to that room.
fn is_a_join(stage: &Stage, sent: &[Value]) -> Outcome {
    for event in sent {
        ensure_eq!(event["type"], "m.room.member", "the type of what was signed");
        ensure_eq!(event["sender"], stage.alice.id, "the sender of what was signed");
        ensure_eq!(event["state_key"], stage.alice.id, "the state key of what was signed");
        ensure_eq!(event["content"]["membership"], "join", "the membership of what was signed");
    }
    Ok(())
}

async fn of_another_type(stage: Stage) -> Outcome {
    let sent = tempted(&stage, |event| {
        event["type"] = json!("m.room.power_levels");
        event["state_key"] = json!("");
        event["content"] = json!({ "users_default": 100 });
    });
    is_a_join(&stage, &sent.await?)
}

async fn of_another_sender(stage: Stage) -> Outcome {
    let sent = tempted(&stage, |event| event["sender"] = json!("@admin:somewhere.example.org"));
    is_a_join(&stage, &sent.await?)
}

async fn of_another_room(stage: Stage) -> Outcome {
    let sent = tempted(&stage, |event| event["room_id"] = json!("!other:somewhere.example.org")).await?;
    for event in &sent {
        ensure!(event["room_id"] != "!other:somewhere.example.org", "an event of another room was signed: {event}");
    }
    is_a_join(&stage, &sent)
}

async fn of_another_membership(stage: Stage) -> Outcome {
    let sent = tempted(&stage, |event| event["content"]["membership"] = json!("ban"));
    is_a_join(&stage, &sent.await?)
}

async fn with_more_content(stage: Stage) -> Outcome {
    let sent = tempted(&stage, |event| {
        event["content"]["third_party_invite"] = json!({ "signed": { "token": "x" } });
        event["content"]["org.example.debt"] = json!("I owe you");
    });
    let sent = sent.await?;
    is_a_join(&stage, &sent)?;
    for event in &sent {
        ensure!(event["content"]["org.example.debt"].is_null(), "content of somebody else was signed: {event}");
        ensure!(event["content"]["third_party_invite"].is_null(), "content of somebody else was signed: {event}");
    }
    Ok(())
}

async fn with_more_members(stage: Stage) -> Outcome {
    let sent = tempted(&stage, |event| {
        event["org.example.debt"] = json!("I owe you");
        event["redacts"] = json!("$something");
    });
    for event in sent.await? {
        ensure!(event["org.example.debt"].is_null() && event["redacts"].is_null(), "more was signed: {event}");
    }
    Ok(())
}

/// Templates that would have something else signed than a membership of Alice's in the room.
const ELSE: [fn(&mut Value); 6] = [
    |event| event["content"]["membership"] = json!("join"),
    |event| event["content"]["membership"] = json!("ban"),
    |event| event["type"] = json!("m.room.power_levels"),
    |event| event["sender"] = json!("@admin:somewhere.example.org"),
    |event| event["state_key"] = json!("@admin:somewhere.example.org"),
    |event| event["room_id"] = json!("!other:somewhere.example.org"),
];

/// Such with more in them.
const MORE: [fn(&mut Value); 3] = [
    |event| event["content"]["org.example.debt"] = json!("I owe you"),
    |event| event["org.example.debt"] = json!("I owe you"),
    |event| event["redacts"] = json!("$something"),
];

/// What Alice sends in the end when a template of a leave or a knock was changed: it is that, and nothing else.
async fn signs_only(stage: &Stage, what: &str, room: &str, change: fn(&mut Value)) -> Outcome {
    stage
        .peer
        .lie(&format!("make_{what}"), room, move |_, honest| honest.changed(|answer| change(&mut answer["event"])));
    if what == "leave" {
        stage.alice.leave(room).await?;
    } else {
        let name = encode(&stage.peer.me.name);
        stage.alice.post(format!("{}?via={name}&server_name={name}", v3!("knock/{}", room)), json!({})).await?;
    }
    for Request { json: event, .. } in stage.peer.asked(&format!("send_{what}"), room) {
        let sender = (&event["sender"], &event["state_key"]);
        ensure!(event["type"] == "m.room.member" && event["room_id"] == room, "what was signed: {event}");
        ensure!(*sender.0 == stage.alice.id && *sender.1 == stage.alice.id, "who signed what: {event}");
        ensure_eq!(event["content"]["membership"], what, "the membership of what was signed");
        ensure!(event["redacts"].is_null() && !event.to_string().contains("debt"), "more was signed: {event}");
    }
    Ok(())
}

/// Alice rejects an invite, and is rid of it.
async fn leaves(stage: &Stage, change: fn(&mut Value)) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    super::super::invite::invited(stage, &room).await?;
    signs_only(stage, "leave", &room, change).await?;
    let answer = stage.alice.first_sync().await?;
    ensure!(answer["rooms"]["invite"][&room].is_null(), "the invite is still there although it was rejected");
    Ok(())
}

async fn of_a_leave(stage: Stage) -> Outcome {
    for change in ELSE {
        leaves(&stage, change).await?;
    }
    Ok(())
}

async fn of_a_leave_with_more(stage: Stage) -> Outcome {
    for change in MORE {
        leaves(&stage, change).await?;
    }
    Ok(())
}

async fn of_a_knock(stage: Stage) -> Outcome {
    for change in ELSE {
        signs_only(&stage, "knock", &stage.hosted_of(11, "knock")?, change).await?;
    }
    Ok(())
}

async fn of_a_knock_with_more(stage: Stage) -> Outcome {
    for change in MORE {
        signs_only(&stage, "knock", &stage.hosted_of(11, "knock")?, change).await?;
    }
    Ok(())
}

async fn that_are_no_events(stage: Stage) -> Outcome {
    for event in [json!(null), json!([]), json!("x"), json!({}), json!({ "type": 1, "content": [] })] {
        let room = stage.hosted()?;
        let about = event.to_string();
        stage.peer.lie("make_join", &room, move |_, honest| {
            let event = event.clone();
            honest.changed(|answer| answer["event"] = event)
        });
        let reply = stage.try_join(&room).await?;
        ensure!(reply.status >= 400, "a join by {about} was answered with {}", reply.brief());
        ensure!(reply.json["errcode"].is_string(), "a Matrix error for {about}: {}", reply.brief());
        let sent: Vec<Value> = stage.peer.asked("send_join", &room).into_iter().map(|request| request.json).collect();
        is_a_join(&stage, &sent)?;
    }
    Ok(())
}

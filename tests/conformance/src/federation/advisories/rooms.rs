//! Events of the one room in the other (CVE-2020-26257; `/state` and `/event_auth` that looked an event up by its id
//! alone).

use super::prelude::*;

tests! { "advisory_rooms":
    send_join_of_another_room, "joining-rooms", [];
    send_join_of_another_event, "joining-rooms", [];
    send_join_of_another_type, "joining-rooms", [];
    send_join_of_another_user, "joining-rooms", [];
    send_leave_of_another_room, "leaving-rooms-rejecting-invites", [];
    send_knock_of_another_room, "knocking-rooms", [];
    invite_of_another_room, "inviting-to-a-room", [];
    invite_of_another_event, "inviting-to-a-room", [];
    state_of_an_event_elsewhere, "retrieving-events", [];
    event_auth_of_an_event_elsewhere, "retrieving-event-authorisation-information", [];
    backfill_from_an_event_elsewhere, "backfilling-and-retrieving-missing-events", [];
    missing_events_from_elsewhere, "backfilling-and-retrieving-missing-events", [];
    auth_events_of_another_room, "checks-performed-on-receipt-of-a-pdu", [];
    prev_events_of_another_room, "checks-performed-on-receipt-of-a-pdu", [];
    redaction_across_rooms, "pdus", [];
}

/// A request with a member event of one room under the path of another.
async fn crossed(stage: &Stage, what: &str) -> Outcome {
    let rules = if what == "knock" { "knock" } else { "public" };
    let rule = json!({ "type": "m.room.join_rules", "state_key": "", "content": { "join_rule": rules } });
    let body = json!({ "preset": "public_chat", "room_version": "11", "initial_state": [rule] });
    let (one, other) = (stage.alice.create_room(body.clone()).await?, stage.alice.create_room(body).await?);
    if what == "leave" {
        stage.peer.enter(&one, &stage.bob).await?;
        stage.peer.enter(&other, &stage.bob).await?;
    }
    let ready = stage.peer.ready(what, &one, &stage.bob).await?;
    let reply = stage.peer.try_deliver(what, &other, &ready.event).await?;
    ensure!((400..500).contains(&reply.status), "a {what} of another room: {}", reply.brief());
    Ok(())
}

async fn send_join_of_another_room(stage: Stage) -> Outcome {
    crossed(&stage, "join").await
}

async fn send_leave_of_another_room(stage: Stage) -> Outcome {
    crossed(&stage, "leave").await
}

async fn send_knock_of_another_room(stage: Stage) -> Outcome {
    crossed(&stage, "knock").await
}

async fn send_join_of_another_event(stage: Stage) -> Outcome {
    let room = stage.alice.public_room().await?;
    let mut ready = stage.peer.ready("join", &room, &stage.bob).await?;
    ready.event.id = "$nothing-of-this-name-nothing-of-this-name-0000".to_owned();
    let reply = stage.peer.try_deliver("join", &room, &ready.event).await?;
    ensure!((400..500).contains(&reply.status), "an event under another id: {}", reply.brief());
    Ok(())
}

/// Something else than a member event must not come in by `send_join`.
async fn send_join_of_another_type(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let events = [
        stage.message(&room, "by the back door")?,
        stage.event(&room, "m.room.topic", Some(""), json!({ "topic": "by the back door" }))?,
        stage.event(&room, "m.room.member", Some(&stage.bob), json!({ "membership": "leave" }))?,
    ];
    for event in &events {
        let reply = stage.peer.try_deliver("join", &room, event).await?;
        ensure!((400..500).contains(&reply.status), "this is no join: {}: {}", event.pdu, reply.brief());
    }
    stage.absent(&room, &events).await
}

async fn send_join_of_another_user(stage: Stage) -> Outcome {
    let room = stage.alice.public_room().await?;
    let ready = stage.peer.ready("join", &room, &stage.bob).await?;
    let carol = stage.peer.user("carol");
    let mut draft = crate::peer::without(&ready.event.pdu, &["signatures", "hashes"]);
    draft["state_key"] = json!(carol);
    let event = finish(draft, ready.version, &stage.peer.me);
    let reply = stage.peer.try_deliver("join", &room, &event).await?;
    ensure!((400..500).contains(&reply.status), "a join of somebody else: {}", reply.brief());
    Ok(())
}

async fn invite_of_another_room(stage: Stage) -> Outcome {
    let (one, other) = (stage.hosted_of(11, "invite")?, stage.hosted_of(11, "invite")?);
    let (event, body) = super::super::invite::invite_of(&stage, &one)?;
    let reply = super::super::invite::try_invite(&stage, &other, &event, &body).await?;
    ensure!((400..500).contains(&reply.status), "an invite to another room: {}", reply.brief());
    Ok(())
}

async fn invite_of_another_event(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    let (mut event, body) = super::super::invite::invite_of(&stage, &room)?;
    event.id = "$nothing-of-this-name-nothing-of-this-name-0000".to_owned();
    let reply = super::super::invite::try_invite(&stage, &room, &event, &body).await?;
    ensure!((400..500).contains(&reply.status), "an invite under another event id: {}", reply.brief());
    Ok(())
}

/// A room with the peer, and a room without it with an event.
async fn two(stage: &Stage) -> Result<(String, String), Failure> {
    let secret = stage.alice.private_room().await?;
    let event = stage.alice.say(&secret, "secret").await?;
    Ok((stage.shared().await?, event))
}

async fn state_of_an_event_elsewhere(stage: Stage) -> Outcome {
    let (room, event) = two(&stage).await?;
    for endpoint in ["state", "state_ids"] {
        let path = format!("{}?event_id={}", fed!("v1/{}/{}", endpoint, room), encode(&event));
        let reply = stage.peer.get(path).await?;
        ensure!([403, 404].contains(&reply.status), "{endpoint} at an event of another room: {}", reply.brief());
    }
    Ok(())
}

async fn event_auth_of_an_event_elsewhere(stage: Stage) -> Outcome {
    let (room, event) = two(&stage).await?;
    let reply = stage.peer.get(fed!("v1/event_auth/{}/{}", room, event)).await?;
    ensure!([403, 404].contains(&reply.status), "event_auth of another room: {}", reply.brief());
    Ok(())
}

async fn backfill_from_an_event_elsewhere(stage: Stage) -> Outcome {
    let (room, event) = two(&stage).await?;
    let path = format!("{}?limit=10&v={}", fed!("v1/backfill/{}", room), encode(&event));
    let reply = stage.peer.get(path).await?;
    ensure!(!reply.text.contains("secret"), "backfill of another room: {}", reply.brief());
    Ok(())
}

async fn missing_events_from_elsewhere(stage: Stage) -> Outcome {
    let secret = stage.alice.private_room().await?;
    stage.alice.say(&secret, "secret").await?;
    let last = stage.alice.say(&secret, "the last").await?;
    let room = stage.shared().await?;
    let body = json!({ "earliest_events": [], "latest_events": [last], "limit": 10, "min_depth": 0 });
    let reply = stage.peer.post(fed!("v1/get_missing_events/{}", room), &body).await?;
    ensure!(!reply.text.contains("secret"), "missing events of another room: {}", reply.brief());
    Ok(())
}

/// "If any event in auth_events has a room_id which does not match that of the event being authorised, reject."
async fn auth_events_of_another_room(stage: Stage) -> Outcome {
    let (one, other) = (stage.shared().await?, stage.shared().await?);
    let foreign = stage.peer.room(&other)?.auth_events(&stage.bob, "m.room.message", None, &json!({}));
    let content = json!({ "body": "authorised elsewhere", "msgtype": "m.text" });
    let event = stage.changed(&one, "m.room.message", None, content, |draft| draft["auth_events"] = json!(foreign))?;
    stage.refused(&one, &[event]).await
}

async fn prev_events_of_another_room(stage: Stage) -> Outcome {
    let (one, other) = (stage.shared().await?, stage.shared().await?);
    let foreign = stage.peer.room(&other)?.heads;
    let content = json!({ "body": "following elsewhere", "msgtype": "m.text" });
    let event = stage.changed(&one, "m.room.message", None, content, |draft| draft["prev_events"] = json!(foreign))?;
    stage.refused(&one, &[event]).await
}

/// A redaction takes away nothing in another room.
async fn redaction_across_rooms(stage: Stage) -> Outcome {
    let (one, other) = (stage.shared().await?, stage.shared().await?);
    let victim = stage.say(&one, "stays").await?;
    let redaction = stage.event(&other, "m.room.redaction", None, json!({ "redacts": victim.id }))?;
    stage.keep(&other, &redaction);
    stage.peer.transact(&[redaction]).await?;
    stage.say(&other, "after the redaction").await?;
    ensure_eq!(stage.alice.event(&one, &victim.id).await?["content"]["body"], "stays", "the message");
    Ok(())
}

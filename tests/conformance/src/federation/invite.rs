//! Invites: of the peer's users into rooms here, and of users here into rooms of the peer.

use super::prelude::*;

tests! { "invite":
    ours, "inviting-to-a-room", [];
    ours_refused, "inviting-to-a-room", [];
    theirs, "inviting-to-a-room", ["PUT /_matrix/federation/v2/invite/{roomId}/{eventId}"];
    theirs_is_accepted, "inviting-to-a-room", [];
    theirs_by_version_1, "inviting-to-a-room", ["PUT /_matrix/federation/v1/invite/{roomId}/{eventId}"];
    of_an_unknown_version, "inviting-to-a-room", ["PUT /_matrix/federation/v2/invite/{roomId}/{eventId} M_INCOMPATIBLE_ROOM_VERSION"];
    of_nobody_here, "inviting-to-a-room", [];
    taken_back, "inviting-to-a-room", [];
    in_a_joined_room, "inviting-to-a-room", [];
}

async fn ours(stage: Stage) -> Outcome {
    let room = stage.alice.create_room(json!({ "preset": "private_chat", "name": "Inside" })).await?;
    stage.alice.post(v3!("rooms/{}/invite", room), json!({ "user_id": stage.bob })).await?.ok()?;
    let asked = stage.peer.asked("invite", &room);
    let Some(request) = asked.last() else { return Err(Failure::new("the peer should have got the invite")) };
    let event = &request.json["event"];
    ensure_eq!(event["state_key"], stage.bob.as_str(), "who is invited");
    let shown = request.json["invite_room_state"].as_array().cloned().unwrap_or_default();
    ensure!(find(&shown, "m.room.name", "").is_some(), "invite_room_state should have the name: {shown:?}");
    ensure!(find(&shown, "m.room.create", "").is_some(), "invite_room_state should have the create event: {shown:?}");
    stage.peer.enter(&room, &stage.bob).await?;
    let known = stage.peer.room(&room)?;
    let signed = known.events.values().find(|pdu| pdu["content"]["membership"] == "invite").cloned();
    let signed = signed.unwrap_or_default();
    ensure!(signed["signatures"][&stage.peer.me.name].is_object(), "the signature of the invited server: {signed}");
    Ok(())
}

async fn ours_refused(stage: Stage) -> Outcome {
    let room = stage.alice.private_room().await?;
    stage.peer.lie("invite", &room, |_, _| Answer::error(403, "M_FORBIDDEN"));
    let reply = stage.alice.post(v3!("rooms/{}/invite", room), json!({ "user_id": stage.bob })).await?;
    reply.refused(403)?;
    let member = stage.alice.get(v3!("rooms/{}/state/m.room.member/{}", room, stage.bob)).await?;
    ensure_eq!(member.status, 404, "an invite that the other server refused stands in the room");
    Ok(())
}

/// An invite of Alice by Bob and the body that carries it.
pub fn invite_of(stage: &Stage, room: &str) -> Result<(Event, Value), Failure> {
    let event = stage.event(room, "m.room.member", Some(&stage.alice.id), json!({ "membership": "invite" }))?;
    let known = stage.peer.room(room)?;
    let body = json!({
        "room_version": known.version.to_string(),
        "event": event.pdu,
        "invite_room_state": known.stripped(),
    });
    Ok((event, body))
}

/// Tries to invite with a body.
pub async fn try_invite(stage: &Stage, room: &str, event: &Event, body: &Value) -> Result<Reply, Failure> {
    stage.peer.put(fed!("v2/invite/{}/{}", room, event.id), body).await
}

/// Alice is invited to a room of the peer.
pub async fn invited(stage: &Stage, room: &str) -> Result<Event, Failure> {
    let (event, body) = invite_of(stage, room)?;
    let answer = try_invite(stage, room, &event, &body).await?.ok()?;
    let version = stage.peer.room(room)?.version;
    let signed = &answer["event"];
    ensure_eq!(event_id(signed, version), event.id, "the invite that comes back");
    let fault = fault(signed, version, stage.peer.under_test(), stage.peer.their_keys());
    ensure!(fault.is_none(), "the server of who is invited should have signed: {fault:?}");
    stage.keep(room, &Event { id: event.id.clone(), pdu: signed.clone() });
    Ok(event)
}

async fn theirs(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    invited(&stage, &room).await?;
    let shown = stage.alice.see_room("invite", &room).await?;
    let state = events(&shown, "invite_state");
    let member = find(state, "m.room.member", &stage.alice.id).cloned().unwrap_or_default();
    ensure_eq!(member["sender"], stage.bob.as_str(), "who invites");
    ensure!(find(state, "m.room.join_rules", "").is_some(), "what the inviter shows of the room: {shown}");
    Ok(())
}

async fn theirs_is_accepted(stage: Stage) -> Outcome {
    for version in [6, 10, 11, 12] {
        let room = stage.hosted_of(version, "invite")?;
        invited(&stage, &room).await?;
        stage.join(&room).await?;
        stage.say(&room, "welcome").await?;
    }
    Ok(())
}

/// Version 1 of the endpoint tells no room version; it is for rooms of versions 1 and 2, and may be gone.
async fn theirs_by_version_1(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    let (event, _) = invite_of(&stage, &room)?;
    let reply = stage.peer.put(fed!("v1/invite/{}/{}", room, event.id), &event.pdu).await?;
    ensure!((400..500).contains(&reply.status), "an invite of version 11 as one of version 1: {}", reply.brief());
    Ok(())
}

async fn of_an_unknown_version(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    let (event, mut body) = invite_of(&stage, &room)?;
    body["room_version"] = json!("org.example.unknown");
    let answer = try_invite(&stage, &room, &event, &body).await?.error(400, "M_INCOMPATIBLE_ROOM_VERSION")?;
    ensure!(!answer.is_null(), "an error");
    Ok(())
}

async fn of_nobody_here(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    let elsewhere = "@somebody:elsewhere.example.org";
    let event = stage.event(&room, "m.room.member", Some(elsewhere), json!({ "membership": "invite" }))?;
    let body = json!({ "room_version": "11", "event": event.pdu, "invite_room_state": [] });
    let reply = try_invite(&stage, &room, &event, &body).await?;
    ensure!((400..500).contains(&reply.status), "a user of another server was invited here: {}", reply.brief());
    Ok(())
}

async fn taken_back(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    invited(&stage, &room).await?;
    stage.alice.see_room("invite", &room).await?;
    let event = stage.event(&room, "m.room.member", Some(&stage.alice.id), json!({ "membership": "leave" }))?;
    stage.send(&room, &event).await?;
    wait_for("the invite gone".to_owned(), || async {
        let answer = stage.alice.first_sync().await?;
        Ok(answer["rooms"]["invite"][&room].is_null().then_some(()))
    })
    .await
}

async fn in_a_joined_room(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let other = stage.alice.server.user("other").await?;
    let event = stage.event(&room, "m.room.member", Some(&other.id), json!({ "membership": "invite" }))?;
    let known = stage.peer.room(&room)?;
    let body = json!({ "room_version": "11", "event": event.pdu, "invite_room_state": known.stripped() });
    let answer = try_invite(&stage, &room, &event, &body).await?.ok()?;
    stage.send(&room, &Event { id: event.id.clone(), pdu: answer["event"].clone() }).await?;
    stage.alice.see_membership(&room, &other, "invite").await.map(drop)
}

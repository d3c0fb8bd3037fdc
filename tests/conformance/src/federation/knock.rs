//! Knocking on rooms of others.

use super::prelude::*;

tests! { "knock":
    template, "knocking-rooms", ["GET /_matrix/federation/v1/make_knock/{roomId}/{userId}"];
    template_of_a_public_room, "knocking-rooms", ["GET /_matrix/federation/v1/make_knock/{roomId}/{userId} M_FORBIDDEN"];
    template_of_an_old_version, "knocking-rooms", ["GET /_matrix/federation/v1/make_knock/{roomId}/{userId} M_INCOMPATIBLE_ROOM_VERSION"];
    template_of_an_unknown_room, "knocking-rooms", ["GET /_matrix/federation/v1/make_knock/{roomId}/{userId} M_NOT_FOUND"];
    knocks, "knocking-rooms", ["PUT /_matrix/federation/v1/send_knock/{roomId}/{eventId}"];
    after_a_ban, "knocking-rooms", ["PUT /_matrix/federation/v1/send_knock/{roomId}/{eventId} M_FORBIDDEN"];
    taken_back, "knocking-rooms", [];
    theirs, "knocking-rooms", [];
}

/// A room of Alice's that one may knock upon.
pub async fn door(stage: &Stage) -> Result<String, Failure> {
    let rules = json!({ "type": "m.room.join_rules", "state_key": "", "content": { "join_rule": "knock" } });
    let body = json!({ "preset": "private_chat", "name": "Door", "room_version": "11", "initial_state": [rules] });
    stage.alice.create_room(body).await
}

async fn template(stage: Stage) -> Outcome {
    let room = door(&stage).await?;
    let (_, version) = stage.peer.make("knock", &room, &stage.bob).await?;
    ensure_eq!(version, 11, "the version of the room");
    Ok(())
}

async fn template_of_a_public_room(stage: Stage) -> Outcome {
    let room = stage.alice.public_room().await?;
    stage.peer.try_make("knock", &room, &stage.bob).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn template_of_an_old_version(stage: Stage) -> Outcome {
    let room = door(&stage).await?;
    let path = format!("{}?ver=7", fed!("v1/make_knock/{}/{}", room, stage.bob));
    let answer = stage.peer.get(path).await?.error(400, "M_INCOMPATIBLE_ROOM_VERSION")?;
    ensure_eq!(answer["room_version"], "11", "the version of the room");
    Ok(())
}

async fn template_of_an_unknown_room(stage: Stage) -> Outcome {
    let room = format!("!{}:{}", nonce(), stage.peer.under_test());
    stage.peer.try_make("knock", &room, &stage.bob).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn knocks(stage: Stage) -> Outcome {
    let room = door(&stage).await?;
    let ready = stage.peer.ready("knock", &room, &stage.bob).await?;
    let answer = stage.peer.try_deliver("knock", &room, &ready.event).await?.ok()?;
    let shown = answer["knock_room_state"].as_array().cloned().unwrap_or_default();
    ensure!(find(&shown, "m.room.name", "").is_some(), "the name should be shown: {shown:?}");
    ensure!(find(&shown, "m.room.create", "").is_some(), "the create event should be shown: {shown:?}");
    let want = json!({ "membership": "knock" });
    stage.alice.see_state(&room, "m.room.member", &stage.bob, want).await.map(drop)
}

async fn after_a_ban(stage: Stage) -> Outcome {
    let room = door(&stage).await?;
    let ready = stage.peer.ready("knock", &room, &stage.bob).await?;
    stage.alice.set_state(&room, "m.room.member", &stage.bob, json!({ "membership": "ban" })).await?;
    stage.peer.try_deliver("knock", &room, &ready.event).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn taken_back(stage: Stage) -> Outcome {
    let room = door(&stage).await?;
    let ready = stage.peer.ready("knock", &room, &stage.bob).await?;
    stage.peer.try_deliver("knock", &room, &ready.event).await?.ok()?;
    stage.peer.depart(&room, &stage.bob).await?;
    let want = json!({ "membership": "leave" });
    stage.alice.see_state(&room, "m.room.member", &stage.bob, want).await.map(drop)
}

async fn theirs(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "knock")?;
    let name = encode(&stage.peer.me.name);
    let path = format!("{}?via={name}&server_name={name}", v3!("knock/{}", room));
    stage.alice.post(path, json!({})).await?.ok()?;
    let content = stage.peer.room(&room)?.content("m.room.member", &stage.alice.id);
    ensure_eq!(content["membership"], "knock", "at the peer");
    stage.alice.see_room("knock", &room).await.map(drop)
}

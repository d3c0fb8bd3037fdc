//! Joins: the peer's users join rooms here, users of the server under test join rooms of the peer.

use super::prelude::*;

tests! { "join":
    template, "joining-rooms", ["GET /_matrix/federation/v1/make_join/{roomId}/{userId}"];
    unknown_version, "joining-rooms", ["GET /_matrix/federation/v1/make_join/{roomId}/{userId} M_INCOMPATIBLE_ROOM_VERSION"];
    template_of_an_unknown_room, "joining-rooms", ["GET /_matrix/federation/v1/make_join/{roomId}/{userId} M_NOT_FOUND"];
    template_of_a_private_room, "joining-rooms", ["GET /_matrix/federation/v1/make_join/{roomId}/{userId} M_FORBIDDEN"];
    template_for_the_user_of_another, "joining-rooms", [];
    every_version, "joining-rooms", ["PUT /_matrix/federation/v2/send_join/{roomId}/{eventId}"];
    answer_has_the_room, "joining-rooms", [];
    answer_without_members, "joining-rooms", [];
    banned, "joining-rooms", [];
    restricted, "restricted-rooms", [];
    restricted_is_refused, "restricted-rooms", ["GET /_matrix/federation/v1/make_join/{roomId}/{userId} M_UNABLE_TO_AUTHORISE_JOIN"];
    others_hear_of_it, "joining-rooms", [];
    theirs_of_every_version, "joining-rooms", [];
    theirs_restricted, "restricted-rooms", [];
    theirs_private, "joining-rooms", [];
}

async fn template(stage: Stage) -> Outcome {
    let room = stage.alice.public_room().await?;
    let (draft, _) = stage.peer.make("join", &room, &stage.bob).await?;
    for list in ["auth_events", "prev_events"] {
        ensure!(draft[list].as_array().is_some_and(|list| !list.is_empty()), "{list} of {draft}");
    }
    Ok(())
}

async fn unknown_version(stage: Stage) -> Outcome {
    let room = stage.alice.create_room(json!({ "preset": "public_chat", "room_version": "11" })).await?;
    for query in ["?ver=6", "?ver=6&ver=org.example.unknown", ""] {
        let path = format!("{}{query}", fed!("v1/make_join/{}/{}", room, stage.bob));
        let answer = stage.peer.get(path).await?.error(400, "M_INCOMPATIBLE_ROOM_VERSION")?;
        ensure_eq!(answer["room_version"], "11", "the version of the room");
    }
    Ok(())
}

async fn template_of_an_unknown_room(stage: Stage) -> Outcome {
    let room = format!("!{}:{}", nonce(), stage.peer.under_test());
    stage.peer.try_make("join", &room, &stage.bob).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn template_of_a_private_room(stage: Stage) -> Outcome {
    let room = stage.alice.private_room().await?;
    stage.peer.try_make("join", &room, &stage.bob).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn template_for_the_user_of_another(stage: Stage) -> Outcome {
    let room = stage.alice.public_room().await?;
    for user in [stage.peer.second().user("carol"), stage.alice.id.clone()] {
        stage.peer.try_make("join", &room, &user).await?.refused(403)?;
    }
    Ok(())
}

async fn every_version(stage: Stage) -> Outcome {
    for version in 6..=12 {
        let room = stage.shared_of(&version.to_string()).await?;
        stage.say(&room, "from there").await?;
        let event = stage.alice.say(&room, "from here").await?;
        let pdu = stage.arrives(&room, &event).await?;
        ensure_eq!(event_id(&pdu, version), event, "the event id in version {version}");
    }
    Ok(())
}

async fn answer_has_the_room(stage: Stage) -> Outcome {
    let room = stage.alice.create_room(json!({ "preset": "public_chat", "name": "A", "room_version": "11" })).await?;
    let answer = stage.peer.enter(&room, &stage.bob).await?;
    let state = answer["state"].as_array().cloned().unwrap_or_default();
    let there = stage.alice.all_state(&room).await?;
    ensure_eq!(state.len() + 1, there.len(), "the state before the join");
    ensure!(find(&state, "m.room.name", "").is_some(), "the name should be in the state");
    ensure!(find(&state, "m.room.member", &stage.bob).is_none(), "the join is not part of the state before it");
    let known = stage.peer.room(&room)?;
    for pdu in known.events.values() {
        for link in pdu["auth_events"].as_array().into_iter().flatten() {
            let here = link.as_str().is_some_and(|link| known.events.contains_key(link));
            ensure!(here, "{link} is neither in the state nor in the auth chain");
        }
        if pdu["sender"] == stage.alice.id {
            let fault = fault(pdu, 11, stage.peer.under_test(), stage.peer.their_keys());
            ensure!(fault.is_none(), "an event of the room is not right: {fault:?}");
        }
    }
    Ok(())
}

/// "omit_members: […] the server MAY omit"; it must say whether it did, and who is in the room.
async fn answer_without_members(stage: Stage) -> Outcome {
    let room = stage.alice.public_room().await?;
    let ready = stage.peer.ready("join", &room, &stage.bob).await?;
    let path = format!("{}?omit_members=true", fed!("v2/send_join/{}/{}", room, ready.event.id));
    let answer = stage.peer.put(path, &ready.event.pdu).await?.ok()?;
    if answer["members_omitted"] == true {
        let servers = answer["servers_in_room"].as_array().cloned().unwrap_or_default();
        ensure!(servers.contains(&json!(stage.peer.under_test())), "servers_in_room: {servers:?}");
    }
    let state = answer["state"].as_array().cloned().unwrap_or_default();
    ensure!(find(&state, "m.room.create", "").is_some(), "the state should be there without its members");
    Ok(())
}

async fn banned(stage: Stage) -> Outcome {
    let room = stage.alice.public_room().await?;
    let ready = stage.peer.ready("join", &room, &stage.bob).await?;
    let content = json!({ "membership": "ban" });
    stage.alice.set_state(&room, "m.room.member", &stage.bob, content).await?;
    stage.peer.try_make("join", &room, &stage.bob).await?.error(403, "M_FORBIDDEN")?;
    stage.peer.try_deliver("join", &room, &ready.event).await?.refused(403).map(drop)
}

/// A room for the members of another.
async fn restricted_room(stage: &Stage, other: &str) -> Result<String, Failure> {
    let allow = json!([{ "type": "m.room_membership", "room_id": other }]);
    let rules = json!({ "join_rule": "restricted", "allow": allow });
    let event = json!({ "type": "m.room.join_rules", "state_key": "", "content": rules });
    let body = json!({ "preset": "private_chat", "room_version": "11", "initial_state": [event] });
    stage.alice.create_room(body).await
}

async fn restricted(stage: Stage) -> Outcome {
    let club = stage.shared().await?;
    let room = restricted_room(&stage, &club).await?;
    let answer = stage.peer.enter(&room, &stage.bob).await?;
    let event = &answer["event"];
    let voucher = event["content"]["join_authorised_via_users_server"].as_str().unwrap_or_default();
    ensure_eq!(voucher, stage.alice.id, "who vouches");
    let fault = fault(event, 11, stage.peer.under_test(), stage.peer.their_keys());
    ensure!(fault.is_none(), "the resident server should have signed the join: {fault:?}");
    stage.say(&room, "I am in").await.map(drop)
}

async fn restricted_is_refused(stage: Stage) -> Outcome {
    let club = stage.alice.public_room().await?;
    let room = restricted_room(&stage, &club).await?;
    let reply = stage.peer.try_make("join", &room, &stage.bob).await?;
    let code = reply.json["errcode"].as_str().unwrap_or_default();
    let refusals = ["M_FORBIDDEN", "M_UNABLE_TO_AUTHORISE_JOIN"];
    ensure!(refusals.contains(&code), "who is not in the other room should be refused: {}", reply.brief());
    Ok(())
}

async fn others_hear_of_it(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let second = stage.peer.second();
    let carol = second.user("carol");
    let ready = second.ready("join", &room, &carol).await?;
    second.try_deliver("join", &room, &ready.event).await?.ok()?;
    stage.arrives(&room, &ready.event.id).await.map(drop)
}

async fn theirs_of_every_version(stage: Stage) -> Outcome {
    for version in 6..=12 {
        let room = stage.hosted_of(version, "public")?;
        stage.join(&room).await?;
        stage.say(&room, "welcome").await?;
        let event = stage.alice.say(&room, "thank you").await?;
        stage.arrives(&room, &event).await?;
    }
    Ok(())
}

async fn theirs_restricted(stage: Stage) -> Outcome {
    let club = stage.joined().await?;
    let allow = json!([{ "type": "m.room_membership", "room_id": club }]);
    let room = stage.hosted_with(11, json!({ "join_rule": "restricted", "allow": allow }))?;
    stage.join(&room).await?;
    stage.say(&room, "welcome").await.map(drop)
}

async fn theirs_private(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    let refuse = |_: &Request, _: Answer| Answer::error(403, "M_FORBIDDEN");
    stage.peer.lie("make_join", &room, refuse);
    stage.try_join(&room).await?.error(403, "M_FORBIDDEN").map(drop)
}

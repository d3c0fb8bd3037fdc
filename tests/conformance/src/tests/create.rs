//! `POST /createRoom`: what the new room looks like.

use super::prelude::*;

tests! { "create":
    empty_request, "creation", ["POST v3/createRoom"];
    order_of_events, "creation", ["POST v3/createRoom"];
    create_event, "creation", ["POST v3/createRoom"];
    creation_content, "creation", ["POST v3/createRoom"];
    creation_content_cannot_lie, "creation", ["POST v3/createRoom"];
    name_and_topic, "creation", ["POST v3/createRoom"];
    name_wins_over_initial_state, "creation", ["POST v3/createRoom"];
    preset_public, "creation", ["POST v3/createRoom"];
    preset_private, "creation", ["POST v3/createRoom"];
    preset_trusted, "creation", ["POST v3/createRoom"];
    visibility_chooses_preset, "creation", ["POST v3/createRoom"];
    visibility_public_lists, "published-room-directory", ["POST v3/createRoom", "POST v3/publicRooms"];
    initial_state, "creation", ["POST v3/createRoom"];
    initial_state_wins_over_preset, "creation", ["POST v3/createRoom"];
    initial_state_encrypts, "creation", ["POST v3/createRoom"];
    invites, "creation", ["POST v3/createRoom"];
    direct, "direct-messaging", ["POST v3/createRoom"];
    alias, "creation", ["POST v3/createRoom"];
    alias_in_use, "creation", ["POST v3/createRoom M_ROOM_IN_USE"];
    power_level_override, "creation", ["POST v3/createRoom"];
    power_too_low_for_name, "creation", ["POST v3/createRoom M_INVALID_ROOM_STATE"];
    unsupported_version, "creation", ["POST v3/createRoom M_UNSUPPORTED_ROOM_VERSION"];
    bad_invitee, "creation", ["POST v3/createRoom 400"];
    too_large, "size-limits", ["POST v3/createRoom M_TOO_LARGE"];
    bad_preset, "creation", ["POST v3/createRoom 400"];
    bad_initial_state, "creation", ["POST v3/createRoom M_BAD_JSON"];
    needs_token, "creation", ["POST v3/createRoom M_MISSING_TOKEN"];
    failed_creation_leaves_nothing, "creation", [];
    joined_rooms, "room-membership", ["GET v3/joined_rooms"];
}

async fn empty_request(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({})).await?;
    ensure!(room.starts_with('!'), "a room id begins with an exclamation mark: {room}");
    ensure_eq!(alice.membership(&room, &alice).await?, "join", "membership of the creator");
    // "visibility: Defaults to private", which "equates to a preset of private_chat".
    ensure_eq!(alice.state(&room, "m.room.join_rules", "").await?["join_rule"], "invite", "join rule");
    Ok(())
}

/// The events come in the order that the specification numbers.
async fn order_of_events(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice
        .create_room(json!({
            "preset": "private_chat", "room_alias_name": server.fresh("order"), "name": "N", "topic": "T",
            "initial_state": [{ "type": "org.example.state", "state_key": "", "content": {} }], "invite": [bob.id],
        }))
        .await?;
    let page = alice.get(v3!("rooms/{}/messages?dir=f&limit=50", room)).await?.ok()?;
    let kinds: Vec<&str> =
        page["chunk"].as_array().into_iter().flatten().filter_map(|event| event["type"].as_str()).collect();
    ensure!(kinds.starts_with(&["m.room.create", "m.room.member", "m.room.power_levels"]), "first events: {kinds:?}");
    let at = |kind: &str| kinds.iter().rposition(|other| *other == kind);
    let order =
        ["m.room.power_levels", "m.room.canonical_alias", "m.room.join_rules", "org.example.state", "m.room.name"];
    for pair in order.windows(2) {
        if let [first, second] = pair {
            ensure!(at(first).is_some() && at(first) < at(second), "{first} should come before {second}: {kinds:?}");
        }
    }
    ensure_eq!(kinds.last(), Some(&"m.room.member"), "the invite comes last: {kinds:?}");
    Ok(())
}

async fn create_event(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let state = alice.all_state(&room).await?;
    let Some(create) = find(&state, "m.room.create", "") else {
        return Err(Failure::new("the state has no m.room.create"));
    };
    ensure_eq!(create["sender"], alice.id.as_str(), "sender of the create event");
    ensure_eq!(create["room_id"], room.as_str(), "room_id of the create event");
    let capabilities = alice.get(v3!("capabilities")).await?.ok()?;
    let default = &capabilities["capabilities"]["m.room_versions"]["default"];
    ensure_eq!(&create["content"]["room_version"], default, "a room without a version has the default one");
    Ok(())
}

async fn creation_content(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let content = json!({ "m.federate": false, "type": "m.space", "org.example.key": [1, 2] });
    let room = alice.create_room(json!({ "creation_content": content })).await?;
    let create = alice.state(&room, "m.room.create", "").await?;
    for key in ["m.federate", "type", "org.example.key"] {
        ensure_eq!(create[key], content[key], "{key} of the create event");
    }
    Ok(())
}

/// "The server will overwrite the following keys: creator, room_version."
async fn creation_content_cannot_lie(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({
        "room_version": "10",
        "creation_content": { "creator": "@mallory:elsewhere.example", "room_version": "6" },
    });
    let create = alice.state(&alice.create_room(body).await?, "m.room.create", "").await?;
    ensure_eq!(create["creator"], alice.id.as_str(), "creator");
    ensure_eq!(create["room_version"], "10", "room version");
    Ok(())
}

async fn name_and_topic(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "The Pub", "topic": "Happy hour ☺" })).await?;
    ensure_eq!(alice.state(&room, "m.room.name", "").await?["name"], "The Pub", "name");
    ensure_eq!(alice.state(&room, "m.room.topic", "").await?["topic"], "Happy hour ☺", "topic");
    Ok(())
}

async fn name_wins_over_initial_state(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let initial = json!([{ "type": "m.room.name", "state_key": "", "content": { "name": "initial" } }]);
    let room = alice.create_room(json!({ "name": "explicit", "initial_state": initial })).await?;
    ensure_eq!(alice.state(&room, "m.room.name", "").await?["name"], "explicit", "name");
    Ok(())
}

async fn check_preset(user: &User, room: &str, join: &str, history: &str, guests: &str) -> Outcome {
    ensure_eq!(user.state(room, "m.room.join_rules", "").await?["join_rule"], join, "join rule");
    let visibility = user.state(room, "m.room.history_visibility", "").await?;
    ensure_eq!(visibility["history_visibility"], history, "history visibility");
    let reply = user.get(v3!("rooms/{}/state/m.room.guest_access", room)).await?;
    // No m.room.guest_access event means forbidden.
    let access = if reply.status == 404 { json!("forbidden") } else { reply.ok()?["guest_access"].clone() };
    ensure_eq!(access, guests, "guest access");
    Ok(())
}

async fn preset_public(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "preset": "public_chat" })).await?;
    check_preset(&alice, &room, "public", "shared", "forbidden").await
}

async fn preset_private(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "preset": "private_chat" })).await?;
    check_preset(&alice, &room, "invite", "shared", "can_join").await
}

/// "All invitees are given the same power level as the room creator."
async fn preset_trusted(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let body = json!({ "preset": "trusted_private_chat", "invite": [bob.id], "room_version": "11" });
    let room = alice.create_room(body).await?;
    check_preset(&alice, &room, "invite", "shared", "can_join").await?;
    let power = alice.state(&room, "m.room.power_levels", "").await?;
    ensure_eq!(power["users"][&bob.id], power["users"][&alice.id], "power of the invitee");
    ensure_eq!(power["users"][&alice.id], 100, "power of the creator");
    Ok(())
}

async fn visibility_chooses_preset(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "visibility": "public" })).await?;
    check_preset(&alice, &room, "public", "shared", "forbidden").await
}

async fn visibility_public_lists(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let name = server.fresh("Listed");
    let room = alice.create_room(json!({ "visibility": "public", "name": name })).await?;
    let hidden = alice.create_room(json!({ "preset": "public_chat", "name": name })).await?;
    let found = super::directory::search(&alice, &name, json!({}), 1).await?;
    let rooms: Vec<&Value> = found.iter().map(|entry| &entry["room_id"]).collect();
    ensure_eq!(rooms, [&json!(room)], "listed rooms (the unlisted one is {hidden})");
    Ok(())
}

async fn initial_state(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let initial = json!([
        { "type": "org.example.one", "state_key": "key", "content": { "a": 1 } },
        { "type": "org.example.two", "content": { "b": { "c": [] } } },
    ]);
    let room = alice.create_room(json!({ "initial_state": initial })).await?;
    ensure_eq!(alice.state(&room, "org.example.one", "key").await?, json!({ "a": 1 }), "first state event");
    // "state_key ... Defaults to an empty string."
    ensure_eq!(alice.state(&room, "org.example.two", "").await?, json!({ "b": { "c": [] } }), "second state event");
    Ok(())
}

async fn initial_state_wins_over_preset(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let initial = json!([
        { "type": "m.room.history_visibility", "state_key": "", "content": { "history_visibility": "joined" } },
        { "type": "m.room.join_rules", "state_key": "", "content": { "join_rule": "knock" } },
    ]);
    let room = alice.create_room(json!({ "preset": "public_chat", "initial_state": initial })).await?;
    check_preset(&alice, &room, "knock", "joined", "forbidden").await
}

async fn initial_state_encrypts(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let content = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
    let initial = json!([{ "type": "m.room.encryption", "state_key": "", "content": content }]);
    let room = alice.create_room(json!({ "initial_state": initial })).await?;
    ensure_eq!(alice.state(&room, "m.room.encryption", "").await?, content, "encryption");
    Ok(())
}

async fn invites(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let room = alice.create_room(json!({ "invite": [bob.id, carol.id], "name": "Party" })).await?;
    for user in [&bob, &carol] {
        ensure_eq!(alice.membership(&room, user).await?, "invite", "membership of {user}");
        let invite = user.first_sync().await?["rooms"]["invite"][&room].clone();
        let state = events(&invite, "invite_state");
        let name = find(state, "m.room.name", "").map(|event| event["content"]["name"].clone());
        ensure_eq!(name, Some(json!("Party")), "the name comes before the invites");
        user.join(&room).await?;
    }
    Ok(())
}

async fn direct(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let body = json!({ "is_direct": true, "preset": "trusted_private_chat", "invite": [bob.id] });
    let room = alice.create_room(body).await?;
    let member = alice.state(&room, "m.room.member", &bob.id).await?;
    ensure_eq!(member["is_direct"], true, "is_direct of the invite");
    let invite = bob.first_sync().await?["rooms"]["invite"][&room].clone();
    let own = find(events(&invite, "invite_state"), "m.room.member", &bob.id).cloned().unwrap_or_default();
    ensure_eq!(own["content"]["is_direct"], true, "is_direct of the invite as the invitee sees it");
    Ok(())
}

async fn alias(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let local = server.fresh("alias");
    let room = alice.create_room(json!({ "room_alias_name": local })).await?;
    let alias = format!("#{local}:{}", server.name());
    let found = server.get(v3!("directory/room/{}", alias)).await?.ok()?;
    ensure_eq!(found["room_id"], room.as_str(), "room of the alias");
    // "The complete room alias will become the canonical alias for the room".
    ensure_eq!(alice.state(&room, "m.room.canonical_alias", "").await?["alias"], alias.as_str(), "canonical alias");
    Ok(())
}

async fn alias_in_use(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let body = json!({ "room_alias_name": server.fresh("alias") });
    alice.create_room(body.clone()).await?;
    bob.post(v3!("createRoom"), body).await?.error(400, "M_ROOM_IN_USE")?;
    ensure_eq!(bob.get(v3!("joined_rooms")).await?.ok()?["joined_rooms"], json!([]), "rooms after the refusal");
    Ok(())
}

/// "This object is applied on top of the generated m.room.power_levels event content".
async fn power_level_override(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "power_level_content_override": { "ban": 77, "events": { "org.example.x": 33 } } });
    let power = alice.state(&alice.create_room(body).await?, "m.room.power_levels", "").await?;
    ensure_eq!(power["ban"], 77, "ban level");
    ensure_eq!(power["events"]["org.example.x"], 33, "level of an event type");
    ensure!(power["state_default"].is_i64(), "the generated keys stay: {power}");
    Ok(())
}

/// "the user's power_level is set below that necessary to set the room name (errcode set to M_INVALID_ROOM_STATE)".
async fn power_too_low_for_name(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let levels = json!({ "users": { &alice.id: 0 }, "events": { "m.room.name": 100 } });
    let body = json!({ "room_version": "11", "name": "No", "power_level_content_override": levels });
    alice.post(v3!("createRoom"), body).await?.error(400, "M_INVALID_ROOM_STATE").map(drop)
}

async fn unsupported_version(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "room_version": "org.example.no-such-version" });
    alice.post(v3!("createRoom"), body).await?.error(400, "M_UNSUPPORTED_ROOM_VERSION").map(drop)
}

async fn bad_invitee(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.post(v3!("createRoom"), json!({ "invite": ["not a user id"] })).await?.refused(400).map(drop)
}

async fn bad_preset(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.post(v3!("createRoom"), json!({ "preset": "chaos" })).await?.refused(400).map(drop)
}

async fn bad_initial_state(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    // `type` and `content` are required.
    let body = json!({ "initial_state": [{ "content": {} }] });
    alice.post(v3!("createRoom"), body).await?.error(400, "M_BAD_JSON").map(drop)
}

async fn needs_token(server: Server) -> Outcome {
    server.post(v3!("createRoom"), json!({})).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

/// A refused creation leaves no room, no alias and no invite behind.
async fn failed_creation_leaves_nothing(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let local = server.fresh("ghost");
    let body = json!({ "room_alias_name": local, "invite": [bob.id], "room_version": "no-such" });
    alice.post(v3!("createRoom"), body).await?.refused(400)?;
    let alias = format!("#{local}:{}", server.name());
    server.get(v3!("directory/room/{}", alias)).await?.error(404, "M_NOT_FOUND")?;
    let invites = bob.first_sync().await?["rooms"]["invite"].clone();
    ensure!(invites.as_object().is_none_or(serde_json::Map::is_empty), "an invite came: {invites}");
    ensure_eq!(alice.get(v3!("joined_rooms")).await?.ok()?["joined_rooms"], json!([]), "rooms after the refusal");
    Ok(())
}

async fn joined_rooms(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (one, two, three) = (alice.public_room().await?, bob.public_room().await?, bob.private_room().await?);
    alice.join(&two).await?;
    bob.invite(&three, &alice).await?;
    let joined = alice.get(v3!("joined_rooms")).await?.ok()?;
    let mut rooms: Vec<&str> =
        joined["joined_rooms"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    rooms.sort_unstable();
    let mut want = [one.as_str(), two.as_str()];
    want.sort_unstable();
    ensure_eq!(rooms, want, "joined rooms, without the invite");
    alice.leave(&one).await?;
    ensure_eq!(alice.get(v3!("joined_rooms")).await?.ok()?["joined_rooms"], json!([two]), "rooms after leaving one");
    Ok(())
}

async fn too_large(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = alice.post(v3!("createRoom"), json!({ "topic": "x".repeat(70_000) })).await?;
    reply.error(413, "M_TOO_LARGE")?;
    alice.create_room(json!({})).await.map(drop)
}

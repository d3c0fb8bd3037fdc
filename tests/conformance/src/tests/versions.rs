//! Room versions 6 to 12, and what is special about 12.

use super::prelude::*;

tests! { "versions":
    talk_in_each, "room-versions", ["POST v3/createRoom"];
    power_in_each, "room-versions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN"];
    creator_field, "room-versions", ["POST v3/createRoom"];
    room_id_format, "room-versions", ["POST v3/createRoom"];
    redaction_of_create, "room-versions", ["PUT v3/rooms/{roomId}/redact/{eventId}/{txnId}"];
    text_power_levels, "room-versions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    notifications_level, "room-versions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN"];
    v12_room_id_is_create_event, "room-versions", ["POST v3/createRoom"];
    v12_creator_not_in_power_levels, "creation", ["POST v3/createRoom"];
    v12_creator_may_not_be_listed, "room-versions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} 403"];
    v12_creator_in_override, "room-versions", ["POST v3/createRoom 400"];
    v12_tombstone_level, "creation", ["POST v3/createRoom"];
    v12_additional_creators, "room-versions", ["POST v3/createRoom"];
    v12_bad_additional_creators, "room-versions", ["POST v3/createRoom 400"];
    v12_creator_above_all_levels, "room-versions", ["POST v3/rooms/{roomId}/kick"];
    v12_creator_cannot_be_removed, "room-versions", ["POST v3/rooms/{roomId}/kick M_FORBIDDEN"];
    v12_trusted_chat, "creation", ["POST v3/createRoom"];
    v12_override_other_user, "creation", ["POST v3/createRoom"];
    v12_join_without_server_part, "room-versions", ["POST v3/join/{roomIdOrAlias}"];
}

const ALL: [&str; 7] = ["6", "7", "8", "9", "10", "11", "12"];

/// A public room of a version.
pub async fn room_of(user: &User, version: &str) -> Result<String, Failure> {
    user.create_room(json!({ "preset": "public_chat", "room_version": version })).await
}

async fn talk_in_each(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for version in ALL {
        let room = room_of(&alice, version).await?;
        ensure_eq!(alice.state(&room, "m.room.create", "").await?["room_version"], version, "room_version");
        bob.join(&room).await?;
        let event = bob.say(&room, version).await?;
        ensure_eq!(alice.event(&room, &event).await?["content"]["body"], version, "message in version {version}");
        bob.leave(&room).await?;
        bob.try_send(&room, "org.example.ping", json!({})).await?.error(403, "M_FORBIDDEN")?;
    }
    Ok(())
}

async fn power_in_each(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for version in ALL {
        let room = room_of(&alice, version).await?;
        bob.join(&room).await?;
        bob.try_state(&room, "m.room.topic", "", json!({ "topic": "x" })).await?.error(403, "M_FORBIDDEN")?;
        alice.change_power(&room, json!({ "users": { &bob.id: 50 } })).await?;
        bob.set_state(&room, "m.room.topic", "", json!({ "topic": "x" })).await?;
    }
    Ok(())
}

/// `creator` is required up to version 10 and gone from 11 on, where the sender is the creator.
async fn creator_field(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for version in ALL {
        let create = alice.state(&room_of(&alice, version).await?, "m.room.create", "").await?;
        let want = if matches!(version, "11" | "12") { Value::Null } else { json!(alice.id) };
        ensure_eq!(create["creator"], want, "creator in version {version}");
    }
    Ok(())
}

async fn room_id_format(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for version in ALL {
        let room = room_of(&alice, version).await?;
        if version == "12" {
            ensure!(!room.contains(':') && room.len() == 44, "a hash without a server part: {room}");
        } else {
            ensure!(room.ends_with(&format!(":{}", server.name())), "version {version} has a server part: {room}");
        }
    }
    Ok(())
}

/// Version 11 keeps all of m.room.create when it is redacted; version 10 keeps the creator alone. A server may refuse
/// to redact it, but may not break the room.
async fn redaction_of_create(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for version in ["10", "11", "12"] {
        let content = json!({ "org.example.extra": 1 });
        let room = alice.create_room(json!({ "room_version": version, "creation_content": content })).await?;
        let create = find(&alice.all_state(&room).await?, "m.room.create", "").cloned().unwrap_or_default();
        let path = v3!("rooms/{}/redact/{}/r", room, text(&create, "event_id")?);
        let reply = alice.put(path, json!({})).await?;
        if reply.status == 200 && version != "10" {
            let create = alice.state(&room, "m.room.create", "").await?;
            ensure_eq!(create["org.example.extra"], 1, "content of a redacted create event in version {version}");
        }
        alice.say(&room, "the room goes on").await?;
    }
    Ok(())
}

/// Before version 10 a power level may be a number in text.
async fn text_power_levels(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for (version, allowed) in [("9", true), ("10", false)] {
        let room = room_of(&alice, version).await?;
        bob.join(&room).await?;
        let mut levels = alice.state(&room, "m.room.power_levels", "").await?;
        levels["users"][&bob.id] = json!("50");
        let reply = alice.try_state(&room, "m.room.power_levels", "", levels).await?;
        if allowed && reply.status == 200 {
            bob.set_state(&room, "m.room.topic", "", json!({ "topic": "x" })).await?;
        } else if !allowed {
            ensure!(matches!(reply.status, 400 | 403), "version {version}: {}", reply.brief());
        }
    }
    Ok(())
}

/// From version 6 on the `notifications` levels are checked like the others.
async fn notifications_level(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for version in ["6", "11", "12"] {
        let room = room_of(&alice, version).await?;
        bob.join(&room).await?;
        let change = json!({ "users": { &bob.id: 50 }, "events": { "m.room.power_levels": 50 } });
        alice.change_power(&room, change).await?;
        alice.change_power(&room, json!({ "notifications": { "room": 60 } })).await?;
        let mut levels = bob.state(&room, "m.room.power_levels", "").await?;
        levels["notifications"]["room"] = json!(0);
        bob.try_state(&room, "m.room.power_levels", "", levels).await?.error(403, "M_FORBIDDEN")?;
    }
    Ok(())
}

/// "The room ID is the event ID of the create event with ! for $".
async fn v12_room_id_is_create_event(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = room_of(&alice, "12").await?;
    let create = find(&alice.all_state(&room).await?, "m.room.create", "").cloned().unwrap_or_default();
    ensure_eq!(create["event_id"], room.replacen('!', "$", 1), "event id of the create event");
    // Clients get the room id although the event itself has none.
    ensure_eq!(create["room_id"], room.as_str(), "room_id of the create event as a client sees it");
    Ok(())
}

async fn v12_creator_not_in_power_levels(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = room_of(&alice, "12").await?;
    let levels = alice.state(&room, "m.room.power_levels", "").await?;
    ensure!(levels["users"].get(&alice.id).is_none(), "the creator is not listed: {levels}");
    Ok(())
}

async fn v12_creator_may_not_be_listed(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = room_of(&alice, "12").await?;
    let mut levels = alice.state(&room, "m.room.power_levels", "").await?;
    levels["users"] = json!({ &alice.id: 100 });
    let reply = alice.try_state(&room, "m.room.power_levels", "", levels).await?;
    ensure!(matches!(reply.status, 400 | 403), "a listed creator was answered {}", reply.brief());
    Ok(())
}

async fn v12_creator_in_override(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let levels = json!({ "users": { &alice.id: 100 } });
    let body = json!({ "room_version": "12", "power_level_content_override": levels });
    let reply = alice.post(v3!("createRoom"), body).await?;
    ensure!(matches!(reply.status, 400 | 403), "a listed creator was answered {}", reply.brief());
    Ok(())
}

/// "the power level for sending m.room.tombstone events MUST explicitly be higher than state_default".
async fn v12_tombstone_level(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let levels = alice.state(&room_of(&alice, "12").await?, "m.room.power_levels", "").await?;
    let tombstone = levels["events"]["m.room.tombstone"].as_i64().unwrap_or_default();
    let default = levels["state_default"].as_i64().unwrap_or(50);
    ensure!(tombstone > default, "m.room.tombstone needs {tombstone}, other state {default}");
    Ok(())
}

/// Alice's room with Bob as additional creator, both in it.
async fn two_creators(server: &Server) -> Result<(User, User, String), Failure> {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let content = json!({ "additional_creators": [bob.id] });
    let body = json!({ "preset": "public_chat", "room_version": "12", "creation_content": content });
    let room = alice.create_room(body).await?;
    bob.join(&room).await?;
    Ok((alice, bob, room))
}

async fn v12_additional_creators(server: Server) -> Outcome {
    let (alice, bob, room) = two_creators(&server).await?;
    let create = alice.state(&room, "m.room.create", "").await?;
    ensure_eq!(create["additional_creators"], json!([bob.id]), "additional_creators");
    bob.change_power(&room, json!({ "ban": 99 })).await?;
    bob.set_state(&room, "m.room.name", "", json!({ "name": "Bob's too" })).await.map(drop)
}

/// "array of valid user IDs, else reject".
async fn v12_bad_additional_creators(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for creators in [json!(["no user id"]), json!("@a:b"), json!([5])] {
        let content = json!({ "additional_creators": creators });
        let body = json!({ "room_version": "12", "creation_content": content });
        alice.post(v3!("createRoom"), body).await?.refused(400)?;
    }
    Ok(())
}

/// Creators have more power than any integer.
async fn v12_creator_above_all_levels(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_of(&alice, "12").await?;
    bob.join(&room).await?;
    let highest = 9_007_199_254_740_991_i64;
    alice.change_power(&room, json!({ "users": { &bob.id: highest }, "kick": highest })).await?;
    bob.act("kick", &room, &alice).await?.error(403, "M_FORBIDDEN")?;
    alice.act("kick", &room, &bob).await?.ok()?;
    ensure_eq!(alice.membership(&room, &bob).await?, "leave", "membership");
    Ok(())
}

async fn v12_creator_cannot_be_removed(server: Server) -> Outcome {
    let (alice, bob, room) = two_creators(&server).await?;
    alice.act("kick", &room, &bob).await?.error(403, "M_FORBIDDEN")?;
    bob.act("ban", &room, &alice).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// "the users specified in the invite parameter SHOULD also be appended to additional_creators".
async fn v12_trusted_chat(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let content = json!({ "additional_creators": [bob.id] });
    let invite = json!([bob.id, carol.id]);
    let room = alice
        .create_room(json!({
            "preset": "trusted_private_chat", "room_version": "12", "invite": invite, "creation_content": content,
        }))
        .await?;
    let create = alice.state(&room, "m.room.create", "").await?;
    let creators = create["additional_creators"].as_array().cloned().unwrap_or_default();
    let mut creators: Vec<&str> = creators.iter().filter_map(Value::as_str).collect();
    creators.sort_unstable();
    ensure_eq!(creators, [bob.id.as_str(), &carol.id], "additional_creators, each once");
    Ok(())
}

async fn v12_override_other_user(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let levels = json!({ "users": { &bob.id: 50 } });
    let room = alice.create_room(json!({ "room_version": "12", "power_level_content_override": levels })).await?;
    let got = alice.state(&room, "m.room.power_levels", "").await?;
    ensure_eq!(got["users"], json!({ &bob.id: 50 }), "users of the power levels");
    Ok(())
}

/// A room id without a server part is joined by `via`, or locally with nothing.
async fn v12_join_without_server_part(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let room = room_of(&alice, "12").await?;
    bob.post(v3!("join/{}", room), json!({})).await?.ok()?;
    carol.post(v3!("join/{}?via={}", room, server.name()), json!({})).await?.ok().map(drop)
}

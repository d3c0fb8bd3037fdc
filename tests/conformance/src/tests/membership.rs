//! Joining, leaving, forgetting, inviting, kicking and banning.

use super::prelude::*;

tests! { "membership":
    join_public, "joining-rooms", ["POST v3/rooms/{roomId}/join"];
    join_twice, "joining-rooms", ["POST v3/rooms/{roomId}/join"];
    join_with_reason, "room-membership", ["POST v3/rooms/{roomId}/join"];
    join_by_alias, "joining-rooms", ["POST v3/join/{roomIdOrAlias}"];
    join_by_id, "joining-rooms", ["POST v3/join/{roomIdOrAlias}"];
    join_private_refused, "joining-rooms",
        ["POST v3/rooms/{roomId}/join M_FORBIDDEN", "POST v3/join/{roomIdOrAlias} M_FORBIDDEN"];
    join_unknown_room, "joining-rooms", ["POST v3/rooms/{roomId}/join 404"];
    join_unknown_alias, "joining-rooms", ["POST v3/join/{roomIdOrAlias} M_NOT_FOUND"];
    join_at_once, "joining-rooms", ["POST v3/rooms/{roomId}/join"];
    join_carries_profile, "events-on-change-of-profile-information", ["POST v3/rooms/{roomId}/join"];
    join_no_body, "joining-rooms", ["POST v3/rooms/{roomId}/join"];
    leave, "leaving-rooms", ["POST v3/rooms/{roomId}/leave"];
    leave_twice, "leaving-rooms", ["POST v3/rooms/{roomId}/leave"];
    leave_not_in_room, "leaving-rooms", ["POST v3/rooms/{roomId}/leave M_FORBIDDEN"];
    leave_rejects_invite, "leaving-rooms", ["POST v3/rooms/{roomId}/leave"];
    forget, "leaving-rooms", ["POST v3/rooms/{roomId}/forget"];
    forget_while_joined, "leaving-rooms", ["POST v3/rooms/{roomId}/forget M_UNKNOWN"];
    forget_then_join_again, "leaving-rooms", ["POST v3/rooms/{roomId}/forget"];
    invite_and_join, "room-membership", ["POST v3/rooms/{roomId}/invite"];
    invite_twice, "room-membership", ["POST v3/rooms/{roomId}/invite"];
    invite_with_reason, "room-membership", ["POST v3/rooms/{roomId}/invite"];
    invite_member, "room-membership", ["POST v3/rooms/{roomId}/invite M_FORBIDDEN"];
    invite_banned, "room-membership", ["POST v3/rooms/{roomId}/invite 403"];
    invite_from_outside, "room-membership", ["POST v3/rooms/{roomId}/invite M_FORBIDDEN"];
    invite_without_power, "room-membership", ["POST v3/rooms/{roomId}/invite M_FORBIDDEN"];
    invite_bad_body, "room-membership", ["POST v3/rooms/{roomId}/invite M_BAD_JSON"];
    invite_not_json, "room-membership", ["POST v3/rooms/{roomId}/invite M_NOT_JSON"];
    by_state_event, "room-membership", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    not_for_others, "room-membership", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN"];
}

/// Alice's public room, with Bob in it.
pub async fn pair(server: &Server) -> Result<(User, User, String), Failure> {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    Ok((alice, bob, room))
}

async fn join_public(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    ensure_eq!(alice.membership(&room, &bob).await?, "none", "membership before");
    let answer = bob.post(v3!("rooms/{}/join", room), json!({})).await?.ok()?;
    ensure_eq!(answer["room_id"], room.as_str(), "room_id of the answer");
    ensure_eq!(alice.membership(&room, &bob).await?, "join", "membership after");
    Ok(())
}

/// Joining again changes nothing: it makes no second event.
async fn join_twice(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = |state: Vec<Value>| find(&state, "m.room.member", &bob.id).map(|event| event["event_id"].clone());
    let before = event(alice.all_state(&room).await?);
    bob.join(&room).await?;
    ensure_eq!(event(alice.all_state(&room).await?), before, "member event");
    Ok(())
}

async fn join_with_reason(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.post(v3!("rooms/{}/join", room), json!({ "reason": "curious" })).await?.ok()?;
    ensure_eq!(alice.state(&room, "m.room.member", &bob.id).await?["reason"], "curious", "reason");
    Ok(())
}

async fn join_by_alias(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let local = server.fresh("joinme");
    let room = alice.create_room(json!({ "preset": "public_chat", "room_alias_name": local })).await?;
    let alias = format!("#{local}:{}", server.name());
    let answer = bob.post(v3!("join/{}", alias), json!({})).await?.ok()?;
    ensure_eq!(answer["room_id"], room.as_str(), "room of the alias");
    ensure_eq!(alice.membership(&room, &bob).await?, "join", "membership");
    Ok(())
}

async fn join_by_id(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let answer = bob.post(v3!("join/{}?via={}", room, server.name()), json!({})).await?.ok()?;
    ensure_eq!(answer["room_id"], room.as_str(), "room_id of the answer");
    Ok(())
}

async fn join_private_refused(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    bob.post(v3!("rooms/{}/join", room), json!({})).await?.error(403, "M_FORBIDDEN")?;
    bob.post(v3!("join/{}", room), json!({})).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(alice.membership(&room, &bob).await?, "none", "membership");
    Ok(())
}

async fn join_unknown_room(server: Server) -> Outcome {
    let bob = server.user("bob").await?;
    let reply = bob.post(v3!("rooms/{}/join", format!("!nowhere:{}", server.name())), json!({})).await?;
    ensure!((400..500).contains(&reply.status), "there is no such room: {}", reply.brief());
    ensure!(reply.json["errcode"].is_string(), "an error code is due: {}", reply.brief());
    Ok(())
}

async fn join_unknown_alias(server: Server) -> Outcome {
    let bob = server.user("bob").await?;
    let alias = format!("#{}:{}", server.fresh("nowhere"), server.name());
    bob.post(v3!("join/{}", alias), json!({})).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn join_carries_profile(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    bob.put(v3!("profile/{}/displayname", bob), json!({ "displayname": "Bobby" })).await?.ok()?;
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    ensure_eq!(alice.state(&room, "m.room.member", &bob.id).await?["displayname"], "Bobby", "display name");
    Ok(())
}

/// Old clients join and leave without a body.
async fn join_no_body(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    server.raw(Method::POST, &v3!("rooms/{}/join", room), Some(&bob.token), "").await?.ok()?;
    server.raw(Method::POST, &v3!("rooms/{}/leave", room), Some(&bob.token), "").await?.ok().map(drop)
}

async fn leave(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    ensure_eq!(bob.post(v3!("rooms/{}/leave", room), json!({ "reason": "bored" })).await?.ok()?, json!({}), "answer");
    let member = alice.state(&room, "m.room.member", &bob.id).await?;
    ensure_eq!((&member["membership"], &member["reason"]), (&json!("leave"), &json!("bored")), "member event");
    bob.try_send(&room, "org.example.ping", json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn leave_twice(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    bob.leave(&room).await?;
    let reply = bob.post(v3!("rooms/{}/leave", room), json!({})).await?;
    ensure!(matches!(reply.status, 200 | 403), "leaving twice: {}", reply.brief());
    ensure_eq!(alice.membership(&room, &bob).await?, "leave", "membership");
    Ok(())
}

async fn leave_not_in_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.post(v3!("rooms/{}/leave", room), json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn leave_rejects_invite(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    bob.leave(&room).await?;
    ensure_eq!(alice.membership(&room, &bob).await?, "leave", "membership after rejecting");
    bob.post(v3!("rooms/{}/join", room), json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// "After this API is called, however, a user will no longer be able to retrieve history for this room."
async fn forget(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.say(&room, "before").await?;
    bob.leave(&room).await?;
    let page = bob.get(v3!("rooms/{}/messages?dir=b", room)).await?.ok()?;
    ensure!(page["chunk"].as_array().is_some_and(|chunk| !chunk.is_empty()), "who left can still read: {page}");
    bob.post(v3!("rooms/{}/forget", room), json!({})).await?.ok()?;
    bob.get(v3!("rooms/{}/messages?dir=b", room)).await?.error(403, "M_FORBIDDEN")?;
    let filter = json!({ "room": { "include_leave": true } });
    let sync = bob.sync_filtered(&filter, "").await?;
    ensure!(sync["rooms"]["leave"][&room].is_null(), "a forgotten room does not come in a sync");
    Ok(())
}

async fn forget_while_joined(server: Server) -> Outcome {
    let (_, bob, room) = pair(&server).await?;
    bob.post(v3!("rooms/{}/forget", room), json!({})).await?.error(400, "M_UNKNOWN").map(drop)
}

async fn forget_then_join_again(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    bob.leave(&room).await?;
    bob.post(v3!("rooms/{}/forget", room), json!({})).await?.ok()?;
    bob.join(&room).await?;
    let event = alice.say(&room, "welcome back").await?;
    bob.event(&room, &event).await?;
    let sync = bob.first_sync().await?;
    ensure!(has_event(&sync, &room, &event), "the room is in the sync again");
    Ok(())
}

async fn invite_and_join(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    ensure_eq!(alice.membership(&room, &bob).await?, "invite", "membership after the invite");
    bob.join(&room).await?;
    ensure_eq!(alice.membership(&room, &bob).await?, "join", "membership after the join");
    Ok(())
}

/// 200: "The user has been invited to join the room, or was already invited to the room."
async fn invite_twice(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    alice.invite(&room, &bob).await?;
    ensure_eq!(alice.membership(&room, &bob).await?, "invite", "membership");
    Ok(())
}

async fn invite_with_reason(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    let body = json!({ "user_id": bob.id, "reason": "cake" });
    ensure_eq!(alice.post(v3!("rooms/{}/invite", room), body).await?.ok()?, json!({}), "answer");
    ensure_eq!(alice.state(&room, "m.room.member", &bob.id).await?["reason"], "cake", "reason");
    Ok(())
}

async fn invite_member(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.act("invite", &room, &bob).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(alice.membership(&room, &bob).await?, "join", "membership");
    Ok(())
}

async fn invite_banned(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.act("ban", &room, &bob).await?.ok()?;
    // 403 is prescribed, "a meaningful errcode" is left open; M_BAD_STATE fits as well as M_FORBIDDEN.
    alice.act("invite", &room, &bob).await?.refused(403).map(drop)
}

async fn invite_from_outside(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let room = alice.public_room().await?;
    bob.act("invite", &room, &carol).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn invite_without_power(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    alice.change_power(&room, json!({ "invite": 50 })).await?;
    bob.act("invite", &room, &carol).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(alice.membership(&room, &carol).await?, "none", "membership");
    Ok(())
}

async fn invite_bad_body(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    // Neither of the two forms of this endpoint: `user_id` is required.
    let reply = alice.post(v3!("rooms/{}/invite", room), json!({ "reason": "who?" })).await?;
    ensure_eq!(reply.status, 400, "status ({})", reply.brief());
    let code = reply.json["errcode"].as_str().unwrap_or_default();
    ensure!(matches!(code, "M_BAD_JSON" | "M_MISSING_PARAM" | "M_INVALID_PARAM"), "error code {code}");
    Ok(())
}

async fn invite_not_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v3!("rooms/{}/invite", alice.private_room().await?);
    server.raw(Method::POST, &path, Some(&alice.token), "{").await?.error(400, "M_NOT_JSON").map(drop)
}

/// "a user can directly adjust the target member's state by making a request to /rooms/<room id>/state/m.room.member".
async fn by_state_event(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.set_state(&room, "m.room.member", &bob.id, json!({ "membership": "invite" })).await?;
    bob.set_state(&room, "m.room.member", &bob.id, json!({ "membership": "join" })).await?;
    alice.set_state(&room, "m.room.member", &bob.id, json!({ "membership": "ban" })).await?;
    ensure_eq!(alice.membership(&room, &bob).await?, "ban", "membership");
    Ok(())
}

async fn not_for_others(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let content = json!({ "membership": "join" });
    alice.try_state(&room, "m.room.member", &bob.id, content).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(alice.membership(&room, &bob).await?, "none", "membership");
    Ok(())
}

/// Users who join at the same moment are all in the room.
async fn join_at_once(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.public_room().await?;
    let mut jobs = Vec::new();
    for _ in 0..8 {
        let (user, room) = (server.user("crowd").await?, room.clone());
        jobs.push(tokio::spawn(async move { user.join(&room).await }));
    }
    for job in jobs {
        job.await.map_err(|error| Failure::new(error.to_string()))??;
    }
    let joined = alice.get(v3!("rooms/{}/joined_members", room)).await?.ok()?;
    ensure_eq!(joined["joined"].as_object().map(serde_json::Map::len), Some(9), "joined members");
    Ok(())
}

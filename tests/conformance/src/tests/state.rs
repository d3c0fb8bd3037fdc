//! Reading and writing room state, and reading single events.

use super::membership::pair;
use super::prelude::*;

tests! { "state":
    set_and_get, "sending-events-to-a-room",
        ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey}", "GET v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    empty_state_key, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    odd_state_keys, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    replaces, "room-event-format", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    same_content_again, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    format_event, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    unknown_key, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/state/{eventType}/{stateKey} M_NOT_FOUND"];
    not_member, "getting-events-for-a-room",
        ["GET v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN", "GET v3/rooms/{roomId}/state M_FORBIDDEN"];
    after_leaving, "getting-events-for-a-room",
        ["GET v3/rooms/{roomId}/state/{eventType}/{stateKey}", "GET v3/rooms/{roomId}/state"];
    all, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/state"];
    without_power, "permissions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN"];
    other_users_key, "permissions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN"];
    own_key, "permissions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey}"];
    second_create_event, "permissions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} 403"];
    cannot_raise_oneself, "permissions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN"];
    cannot_lower_equals, "permissions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN"];
    bad_power_levels, "permissions", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} 400"];
    bad_canonical_alias, "room-aliases",
        ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_BAD_ALIAS",
         "PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_INVALID_PARAM"];
    foreign_canonical_alias, "room-aliases", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_BAD_ALIAS"];
    floats_refused, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_BAD_JSON"];
    event, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/event/{eventId}"];
    event_unknown, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/event/{eventId} M_NOT_FOUND"];
    event_of_other_room, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/event/{eventId} M_NOT_FOUND"];
    event_not_member, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/event/{eventId} 404"];
    initial_sync_of_room, "room-previews", ["GET v3/rooms/{roomId}/initialSync"];
    initial_sync_refused, "room-previews", ["GET v3/rooms/{roomId}/initialSync M_FORBIDDEN"];
}

const KIND: &str = "org.example.kind";

async fn set_and_get(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let id = alice.set_state(&room, KIND, "key", json!({ "a": 1 })).await?;
    ensure_eq!(alice.state(&room, KIND, "key").await?, json!({ "a": 1 }), "content");
    let event = alice.event(&room, &id).await?;
    ensure_eq!((&event["type"], &event["state_key"]), (&json!(KIND), &json!("key")), "type and key");
    Ok(())
}

/// "When an empty string, the trailing slash on this endpoint is optional."
async fn empty_state_key(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let (bare, slash) = (v3!("rooms/{}/state/{}", room, KIND), v3!("rooms/{}/state/{}/", room, KIND));
    for (path, content) in [(&bare, json!({ "by": "bare" })), (&slash, json!({ "by": "slash" }))] {
        alice.put(path, content.clone()).await?.ok()?;
        for path in [&bare, &slash] {
            ensure_eq!(alice.get(path).await?.ok()?, content, "content by {path}");
        }
    }
    Ok(())
}

async fn odd_state_keys(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for key in ["with/slash", "with space", "日本", "100%", "a?b=c#d", "."] {
        alice.set_state(&room, KIND, key, json!({ "key": key })).await?;
        ensure_eq!(alice.state(&room, KIND, key).await?["key"], key, "content under {key:?}");
    }
    Ok(())
}

/// `unsigned.prev_content` and `replaces_state` tell what a state event replaced.
async fn replaces(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.set_state(&room, KIND, "", json!({ "n": 1 })).await?;
    let since = alice.now().await?;
    alice.set_state(&room, KIND, "", json!({ "n": 2 })).await?;
    let sync = alice.sync_since(&since).await?;
    let event = events(joined(&sync, &room), "timeline").first().cloned().unwrap_or_default();
    ensure_eq!(event["unsigned"]["prev_content"], json!({ "n": 1 }), "prev_content of {event}");
    Ok(())
}

/// Setting what is set already gives an event id and keeps the state; whether it makes an event is open.
async fn same_content_again(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for _ in 0..2 {
        let id = alice.set_state(&room, KIND, "", json!({ "n": 1 })).await?;
        ensure_eq!(alice.event(&room, &id).await?["content"], json!({ "n": 1 }), "event of the answer");
    }
    Ok(())
}

/// `format=event`: "the entire event in the usual format suitable for clients" (v1.16).
async fn format_event(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let id = alice.set_state(&room, KIND, "k", json!({ "n": 1 })).await?;
    let path = v3!("rooms/{}/state/{}/k", room, KIND);
    let event = alice.get(format!("{path}?format=event")).await?.ok()?;
    ensure_eq!(event["event_id"], id.as_str(), "event_id");
    ensure_eq!(event["sender"], alice.id.as_str(), "sender");
    ensure_eq!(event["content"], json!({ "n": 1 }), "content");
    ensure_eq!(alice.get(format!("{path}?format=content")).await?.ok()?, json!({ "n": 1 }), "format=content");
    Ok(())
}

async fn unknown_key(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.get(v3!("rooms/{}/state/{}/none", room, KIND)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn not_member(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.get(v3!("rooms/{}/state/m.room.join_rules", room)).await?.error(403, "M_FORBIDDEN")?;
    bob.get(v3!("rooms/{}/state", room)).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// "If the user has left the room then the state is taken from the state of the room when they left."
async fn after_leaving(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.create_room(json!({ "preset": "public_chat", "name": "then" })).await?;
    bob.join(&room).await?;
    bob.leave(&room).await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "now" })).await?;
    ensure_eq!(bob.state(&room, "m.room.name", "").await?["name"], "then", "name when he left");
    let state = bob.all_state(&room).await?;
    let name = find(&state, "m.room.name", "").map(|event| event["content"]["name"].clone());
    ensure_eq!(name, Some(json!("then")), "name in the whole state when he left");
    Ok(())
}

async fn all(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "N", "topic": "T" })).await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "N2" })).await?;
    let state = alice.all_state(&room).await?;
    let mut keys: Vec<String> = state.iter().map(|event| format!("{}|{}", event["type"], event["state_key"])).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    ensure_eq!(keys.len(), count, "one event for each type and key");
    for kind in ["m.room.create", "m.room.power_levels", "m.room.name", "m.room.topic", "m.room.join_rules"] {
        ensure!(find(&state, kind, "").is_some(), "{kind} is missing");
    }
    let name = find(&state, "m.room.name", "").map(|event| event["content"]["name"].clone());
    ensure_eq!(name, Some(json!("N2")), "the current name");
    Ok(())
}

async fn without_power(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    bob.try_state(&room, "m.room.name", "", json!({ "name": "x" })).await?.error(403, "M_FORBIDDEN")?;
    alice.change_power(&room, json!({ "events": { "m.room.name": 0 } })).await?;
    bob.set_state(&room, "m.room.name", "", json!({ "name": "x" })).await.map(drop)
}

/// A state key that begins with @ belongs to the user it names.
async fn other_users_key(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.try_state(&room, KIND, &bob.id, json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn own_key(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.change_power(&room, json!({ "events": { KIND: 0 } })).await?;
    bob.set_state(&room, KIND, &bob.id, json!({ "mine": true })).await.map(drop)
}

async fn second_create_event(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let reply = alice.try_state(&room, "m.room.create", "", json!({ "room_version": "12" })).await?;
    ensure!(matches!(reply.status, 400 | 403), "a second create event was answered {}", reply.brief());
    Ok(())
}

async fn cannot_raise_oneself(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.change_power(&room, json!({ "users": { &bob.id: 50 }, "events": { "m.room.power_levels": 50 } })).await?;
    let mut levels = bob.state(&room, "m.room.power_levels", "").await?;
    levels["users"][&bob.id] = json!(51);
    bob.try_state(&room, "m.room.power_levels", "", levels).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn cannot_lower_equals(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    let users = json!({ &bob.id: 50, &carol.id: 50 });
    alice.change_power(&room, json!({ "users": users, "events": { "m.room.power_levels": 50 } })).await?;
    let mut levels = bob.state(&room, "m.room.power_levels", "").await?;
    levels["users"][&carol.id] = json!(0);
    bob.try_state(&room, "m.room.power_levels", "", levels).await?.error(403, "M_FORBIDDEN")?;
    // One's own level may be lowered.
    let mut levels = bob.state(&room, "m.room.power_levels", "").await?;
    levels["users"][&bob.id] = json!(49);
    bob.set_state(&room, "m.room.power_levels", "", levels).await.map(drop)
}

/// From version 10 on power levels are integers, and nothing else.
async fn bad_power_levels(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let levels = alice.state(&room, "m.room.power_levels", "").await?;
    for (key, value) in
        [("ban", json!("50")), ("users", json!({ "@a:b": "100" })), ("events", json!([])), ("kick", json!(null))]
    {
        let mut changed = levels.clone();
        changed[key] = value;
        let reply = alice.try_state(&room, "m.room.power_levels", "", changed).await?;
        ensure!(matches!(reply.status, 400 | 403), "{key} of a wrong type was answered {}", reply.brief());
    }
    ensure_eq!(alice.state(&room, "m.room.power_levels", "").await?, levels, "power levels at the end");
    Ok(())
}

/// M_BAD_ALIAS: aliases that "do not point to the room ID"; M_INVALID_PARAM: "invalid syntax".
async fn bad_canonical_alias(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let nowhere = format!("#{}:{}", server.fresh("nowhere"), server.name());
    for content in [json!({ "alias": nowhere }), json!({ "alt_aliases": [nowhere] })] {
        alice.try_state(&room, "m.room.canonical_alias", "", content).await?.error(400, "M_BAD_ALIAS")?;
    }
    for content in [json!({ "alias": "no-alias" }), json!({ "alt_aliases": ["@user:server"] })] {
        alice.try_state(&room, "m.room.canonical_alias", "", content).await?.error(400, "M_INVALID_PARAM")?;
    }
    Ok(())
}

async fn foreign_canonical_alias(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, local) = (alice.private_room().await?, server.fresh("elsewhere"));
    alice.create_room(json!({ "room_alias_name": local })).await?;
    let content = json!({ "alias": format!("#{local}:{}", server.name()) });
    alice.try_state(&room, "m.room.canonical_alias", "", content).await?.error(400, "M_BAD_ALIAS").map(drop)
}

async fn floats_refused(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.try_state(&room, KIND, "", json!({ "a": 1.5 })).await?.error(400, "M_BAD_JSON").map(drop)
}

async fn event(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let id = alice.say(&room, "read me").await?;
    let event = bob.event(&room, &id).await?;
    ensure_eq!((&event["event_id"], &event["content"]["body"]), (&json!(id), &json!("read me")), "event");
    ensure_eq!(event["room_id"], room.as_str(), "room_id");
    Ok(())
}

async fn event_unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for id in ["$nothing", "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "nonsense"] {
        let reply = alice.get(v3!("rooms/{}/event/{}", room, id)).await?;
        ensure!(matches!(reply.status, 400 | 404), "{id} was answered {}", reply.brief());
    }
    let id = "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    alice.get(v3!("rooms/{}/event/{}", room, id)).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// An event is looked up in its room: through another room of the same user it does not exist.
async fn event_of_other_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (one, two) = (alice.private_room().await?, alice.private_room().await?);
    let id = alice.say(&one, "secret of one").await?;
    alice.get(v3!("rooms/{}/event/{}", two, id)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn event_not_member(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let id = alice.say(&room, "secret").await?;
    // 404: "The event was not found or you do not have permission to read this event."
    let reply = bob.get(v3!("rooms/{}/event/{}", room, id)).await?;
    ensure!(matches!(reply.status, 403 | 404), "status: {}", reply.brief());
    ensure!(!reply.text.contains("secret"), "the event is shown: {}", reply.brief());
    reply.error(404, "M_NOT_FOUND").map(drop)
}

/// For peeking into rooms whose history anybody may read.
async fn initial_sync_of_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let visible =
        json!([{ "type": "m.room.history_visibility", "content": { "history_visibility": "world_readable" } }]);
    let room = alice.create_room(json!({ "preset": "public_chat", "name": "Glass", "initial_state": visible })).await?;
    let event = alice.say(&room, "hello").await?;
    let answer = bob.get(v3!("rooms/{}/initialSync", room)).await?.ok()?;
    ensure_eq!(answer["room_id"], room.as_str(), "room_id");
    let state = answer["state"].as_array().cloned().unwrap_or_default();
    ensure!(find(&state, "m.room.name", "").is_some(), "the state: {answer}");
    let messages = answer["messages"]["chunk"].as_array().cloned().unwrap_or_default();
    ensure!(ids(&messages).contains(&event.as_str()), "the messages: {answer}");
    Ok(())
}

async fn initial_sync_refused(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.get(v3!("rooms/{}/initialSync", room)).await?.error(403, "M_FORBIDDEN").map(drop)
}

//! The first sync of a device.

use super::prelude::*;

tests! { "sync_initial":
    new_user, "syncing", ["GET v3/sync"];
    joined_room, "syncing", ["GET v3/sync"];
    state_is_before_timeline, "syncing", ["GET v3/sync"];
    limited, "syncing", ["GET v3/sync"];
    not_limited, "syncing", ["GET v3/sync"];
    full_timeline_has_no_state, "syncing", ["GET v3/sync"];
    invite, "syncing", ["GET v3/sync"];
    left_room_not_shown, "syncing", ["GET v3/sync"];
    left_room_on_request, "syncing", ["GET v3/sync"];
    account_data, "syncing", ["GET v3/sync"];
    shape_of_events, "syncing", ["GET v3/sync"];
    needs_token, "syncing", ["GET v3/sync M_MISSING_TOKEN"];
    bad_filter, "syncing", ["GET v3/sync 400"];
    bad_since, "syncing", ["GET v3/sync 400"];
    bad_timeout, "syncing", ["GET v3/sync 400"];
    device_counts, "syncing", ["GET v3/sync"];
}

async fn new_user(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let sync = alice.first_sync().await?;
    text(&sync, "next_batch")?;
    for kind in ["join", "invite", "leave", "knock"] {
        let rooms = &sync["rooms"][kind];
        ensure!(rooms.as_object().is_none_or(serde_json::Map::is_empty), "a new user has no rooms: {rooms}");
    }
    Ok(())
}

async fn joined_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "Mine" })).await?;
    let event = alice.say(&room, "hello").await?;
    let sync = alice.first_sync().await?;
    let mine = joined(&sync, &room);
    ensure!(has_event(&sync, &room, &event), "the message is in the timeline: {mine}");
    ensure!(mine["timeline"]["prev_batch"].is_string(), "prev_batch: {mine}");
    let count = &mine["unread_notifications"]["notification_count"];
    ensure_eq!(*count, 0, "own messages do not notify");
    Ok(())
}

/// `state`: "Updates to the state, between the time indicated by the since parameter, and the start of the timeline".
async fn state_is_before_timeline(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "old" })).await?;
    let name = alice.set_state(&room, "m.room.name", "", json!({ "name": "new" })).await?;
    alice.say(&room, "after").await?;
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "limit": 2 } } }), "").await?;
    let mine = joined(&sync, &room);
    ensure_eq!(ids(events(mine, "timeline")).first(), Some(&name.as_str()), "start of the timeline");
    let before = find(events(mine, "state"), "m.room.name", "").map(|event| event["content"]["name"].clone());
    ensure_eq!(before, Some(json!("old")), "name in `state`, which is that before the timeline");
    Ok(())
}

async fn limited(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let (_, two, three) = (alice.say(&room, "1").await?, alice.say(&room, "2").await?, alice.say(&room, "3").await?);
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "limit": 2 } } }), "").await?;
    let mine = joined(&sync, &room);
    ensure_eq!(ids(events(mine, "timeline")), [two, three], "the newest events");
    ensure_eq!(mine["timeline"]["limited"], true, "limited");
    ensure!(find(events(mine, "state"), "m.room.create", "").is_some(), "the state before them: {mine}");
    ensure!(find(events(mine, "state"), "m.room.member", &alice.id).is_some(), "members too: {mine}");
    Ok(())
}

async fn not_limited(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "limit": 100 } } }), "").await?;
    let mine = joined(&sync, &room);
    ensure!(mine["timeline"]["limited"] != true, "everything fits, so nothing is missing: {mine}");
    let first = events(mine, "timeline").first().cloned().unwrap_or_default();
    ensure_eq!(first["type"], "m.room.create", "the timeline reaches the beginning");
    Ok(())
}

async fn full_timeline_has_no_state(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "limit": 100 } } }), "").await?;
    let state = events(joined(&sync, &room), "state");
    ensure!(state.is_empty(), "before the first event there is no state: {state:?}");
    Ok(())
}

async fn invite(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.create_room(json!({ "name": "Secret", "topic": "hidden" })).await?;
    alice.say(&room, "not for Bob yet").await?;
    alice.invite(&room, &bob).await?;
    let sync = bob.first_sync().await?;
    ensure!(joined(&sync, &room).is_null(), "an invite is no joined room");
    let state = events(&sync["rooms"]["invite"][&room], "invite_state");
    let own = find(state, "m.room.member", &bob.id).cloned().unwrap_or_default();
    ensure_eq!(own["content"]["membership"], "invite", "own member event in {state:?}");
    ensure_eq!(own["sender"], alice.id.as_str(), "who invited");
    // "m.room.create ... MUST" be among the stripped state since v1.16; the others SHOULD.
    for kind in ["m.room.create", "m.room.name", "m.room.join_rules"] {
        ensure!(find(state, kind, "").is_some(), "{kind} is missing in {state:?}");
    }
    for event in state {
        ensure!(event["type"] != "m.room.message", "messages are not for an invited user");
        for key in ["sender", "type", "state_key", "content"] {
            ensure!(!event[key].is_null(), "{key} is required in stripped state: {event}");
        }
    }
    Ok(())
}

async fn left_room_not_shown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.leave(&room).await?;
    let sync = alice.first_sync().await?;
    ensure!(sync["rooms"]["leave"][&room].is_null(), "an initial sync without include_leave has no left rooms");
    ensure!(joined(&sync, &room).is_null(), "a left room is not joined");
    Ok(())
}

async fn left_room_on_request(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let event = alice.say(&room, "last words").await?;
    alice.leave(&room).await?;
    let sync = alice.sync_filtered(&json!({ "room": { "include_leave": true } }), "").await?;
    let left = &sync["rooms"]["leave"][&room];
    ensure!(ids(events(left, "timeline")).contains(&event.as_str()), "the timeline up to leaving: {left}");
    Ok(())
}

async fn account_data(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.put(v3!("user/{}/account_data/org.example.a", alice), json!({ "x": 1 })).await?.ok()?;
    alice.put(v3!("user/{}/rooms/{}/account_data/org.example.b", alice, room), json!({ "y": 2 })).await?.ok()?;
    let sync = alice.first_sync().await?;
    let content = |list: &[Value], kind: &str| {
        list.iter().find(|event| event["type"] == kind).map(|event| event["content"].clone())
    };
    ensure_eq!(content(events(&sync, "account_data"), "org.example.a"), Some(json!({ "x": 1 })), "global");
    let own = events(joined(&sync, &room), "account_data");
    ensure_eq!(content(own, "org.example.b"), Some(json!({ "y": 2 })), "of the room");
    // "m.push_rules" is account data that every user has.
    ensure!(content(events(&sync, "account_data"), "m.push_rules").is_some(), "m.push_rules: {sync}");
    Ok(())
}

/// The events of a sync have the client's format; the room id is known from where they stand and needs no repeating.
async fn shape_of_events(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.say(&room, "x").await?;
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "limit": 1 } } }), "").await?;
    let mine = joined(&sync, &room);
    for event in events(mine, "timeline").iter().chain(events(mine, "state")) {
        ensure!(event["room_id"].is_null() || event["room_id"] == room.as_str(), "another room's id in {event}");
        ensure!(
            event.get("auth_events").is_none() && event.get("hashes").is_none(),
            "not the client's format: {event}"
        );
        for key in ["event_id", "sender", "type", "content", "origin_server_ts"] {
            ensure!(!event[key].is_null(), "{key} is required: {event}");
        }
    }
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    server.get(v3!("sync")).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

async fn refused(server: &Server, query: &str) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(format!("{}?timeout=0&{query}", v3!("sync"))).await?.refused(400).map(drop)
}

async fn bad_filter(server: Server) -> Outcome {
    refused(&server, "filter=%7Bnonsense").await
}

async fn bad_since(server: Server) -> Outcome {
    refused(&server, "since=nonsense").await
}

async fn bad_timeout(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(v3!("sync?timeout=soon")).await?.refused(400).map(drop)
}

/// Clients stop uploading one-time keys when the count is absent, so it comes even as zero.
async fn device_counts(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let sync = alice.first_sync().await?;
    ensure_eq!(sync["device_one_time_keys_count"]["signed_curve25519"], 0, "count of one-time keys");
    ensure_eq!(sync["device_unused_fallback_key_types"], json!([]), "unused fallback keys");
    Ok(())
}

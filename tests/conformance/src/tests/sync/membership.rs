//! Invites, knocks, and rooms that are left, as a sync shows them.

use super::prelude::*;

tests! { "sync_membership":
    invite_then_join, "syncing", ["GET v3/sync"];
    invite_not_repeated, "syncing", ["GET v3/sync"];
    invite_rejected, "syncing", ["GET v3/sync"];
    invite_withdrawn, "syncing", ["GET v3/sync"];
    invite_avatar_and_alias, "stripped-state", ["GET v3/sync"];
    knock, "knocking-on-rooms", ["GET v3/sync"];
    knock_denied, "knocking-on-rooms", ["GET v3/sync"];
    leave, "syncing", ["GET v3/sync"];
    leave_not_repeated, "leaving-rooms", ["GET v3/sync"];
    kicked, "syncing", ["GET v3/sync"];
    banned, "syncing", ["GET v3/sync"];
    ban_after_leave, "syncing", ["GET v3/sync"];
    nothing_after_leaving, "syncing", ["GET v3/sync"];
    joined_and_left_within_one_sync, "syncing", ["GET v3/sync"];
    include_leave_stops_at_leaving, "syncing", ["GET v3/sync"];
}

fn left<'a>(sync: &'a Value, room: &str) -> &'a Value {
    &sync["rooms"]["leave"][room]
}

/// Alice's public room with Bob in it, and a token of Bob's.
async fn in_room(server: &Server) -> Result<(User, User, String, String), Failure> {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let since = bob.now().await?;
    Ok((alice, bob, room, since))
}

async fn invite_then_join(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let since = bob.now().await?;
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    let sync = bob.sync_since(&since).await?;
    ensure!(sync["rooms"]["invite"][&room].is_object(), "the invite: {sync}");
    bob.join(&room).await?;
    let sync = bob.sync_since(&text(&sync, "next_batch")?).await?;
    ensure!(joined(&sync, &room).is_object(), "the joined room: {sync}");
    ensure!(sync["rooms"]["invite"][&room].is_null(), "it is no invite any more");
    Ok(())
}

async fn invite_not_repeated(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    let since = bob.now().await?;
    let sync = bob.sync_since(&since).await?;
    ensure!(sync["rooms"]["invite"][&room].is_null(), "an invite comes once: {sync}");
    Ok(())
}

async fn invite_rejected(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    let since = bob.now().await?;
    bob.leave(&room).await?;
    let sync = bob.sync_since(&since).await?;
    ensure!(left(&sync, &room).is_object(), "the rejected invite is a left room: {sync}");
    let fresh = bob.first_sync().await?;
    ensure!(fresh["rooms"]["invite"][&room].is_null(), "it is gone from a first sync");
    Ok(())
}

async fn invite_withdrawn(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    let since = bob.now().await?;
    alice.act("kick", &room, &bob).await?.ok()?;
    let sync = bob.sync_since(&since).await?;
    ensure!(left(&sync, &room).is_object(), "the withdrawn invite is a left room: {sync}");
    Ok(())
}

async fn invite_avatar_and_alias(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let avatar = json!([
        { "type": "m.room.avatar", "content": { "url": "mxc://example.org/room" } },
        { "type": "m.room.encryption", "content": { "algorithm": "m.megolm.v1.aes-sha2" } },
    ]);
    let body = json!({ "initial_state": avatar, "room_alias_name": server.fresh("stripped"), "topic": "T" });
    let room = alice.create_room(body).await?;
    alice.invite(&room, &bob).await?;
    let sync = bob.first_sync().await?;
    let state = events(&sync["rooms"]["invite"][&room], "invite_state");
    for kind in ["m.room.avatar", "m.room.encryption", "m.room.canonical_alias", "m.room.join_rules", "m.room.topic"] {
        ensure!(find(state, kind, "").is_some(), "{kind} should be in the stripped state {state:?}");
    }
    Ok(())
}

async fn knocking(server: &Server) -> Result<(User, User, String), Failure> {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let rules = json!([{ "type": "m.room.join_rules", "content": { "join_rule": "knock" } }]);
    let room = alice.create_room(json!({ "name": "Club", "initial_state": rules })).await?;
    Ok((alice, bob, room))
}

async fn knock(server: Server) -> Outcome {
    let (alice, bob, room) = knocking(&server).await?;
    let since = bob.now().await?;
    bob.post(v3!("knock/{}", room), json!({ "reason": "please" })).await?.ok()?;
    for sync in [bob.sync_since(&since).await?, bob.first_sync().await?] {
        let state = events(&sync["rooms"]["knock"][&room], "knock_state");
        let own = find(state, "m.room.member", &bob.id).cloned().unwrap_or_default();
        ensure_eq!(own["content"]["membership"], "knock", "own member event in {sync}");
        // "The m.room.create event is now required" in knock_state.
        ensure!(find(state, "m.room.create", "").is_some(), "m.room.create in {state:?}");
        ensure!(find(state, "m.room.name", "").is_some(), "m.room.name in {state:?}");
    }
    let sync = alice.first_sync().await?;
    let mine = joined(&sync, &room);
    let all: Vec<Value> = events(mine, "state").iter().chain(events(mine, "timeline")).cloned().collect();
    ensure!(find(&all, "m.room.member", &bob.id).is_some(), "members see the knock");
    Ok(())
}

async fn knock_denied(server: Server) -> Outcome {
    let (alice, bob, room) = knocking(&server).await?;
    bob.post(v3!("knock/{}", room), json!({})).await?.ok()?;
    let since = bob.now().await?;
    alice.act("kick", &room, &bob).await?.ok()?;
    let sync = bob.sync_since(&since).await?;
    ensure!(left(&sync, &room).is_object(), "the denied knock is a left room: {sync}");
    Ok(())
}

async fn leave(server: Server) -> Outcome {
    let (alice, bob, room, since) = in_room(&server).await?;
    let event = alice.say(&room, "bye").await?;
    bob.leave(&room).await?;
    let sync = bob.sync_since(&since).await?;
    let timeline = events(left(&sync, &room), "timeline");
    ensure!(ids(timeline).contains(&event.as_str()), "what came before leaving: {timeline:?}");
    let own = find(timeline, "m.room.member", &bob.id).cloned().unwrap_or_default();
    ensure_eq!(own["content"]["membership"], "leave", "the leave itself");
    ensure!(joined(&sync, &room).is_null(), "it is not joined");
    Ok(())
}

async fn leave_not_repeated(server: Server) -> Outcome {
    let (_, bob, room, since) = in_room(&server).await?;
    bob.leave(&room).await?;
    let sync = bob.sync_since(&since).await?;
    ensure!(left(&sync, &room).is_object(), "left: {sync}");
    let sync = bob.sync_since(&text(&sync, "next_batch")?).await?;
    ensure!(left(&sync, &room).is_null(), "a left room comes once: {sync}");
    Ok(())
}

async fn kicked(server: Server) -> Outcome {
    let (alice, bob, room, since) = in_room(&server).await?;
    alice.act("kick", &room, &bob).await?.ok()?;
    let sync = bob.sync_since(&since).await?;
    let own = find(events(left(&sync, &room), "timeline"), "m.room.member", &bob.id).cloned().unwrap_or_default();
    ensure_eq!(own["sender"], alice.id.as_str(), "who kicked: {sync}");
    Ok(())
}

async fn banned(server: Server) -> Outcome {
    let (alice, bob, room, since) = in_room(&server).await?;
    alice.act("ban", &room, &bob).await?.ok()?;
    let sync = bob.sync_since(&since).await?;
    let own = find(events(left(&sync, &room), "timeline"), "m.room.member", &bob.id).cloned().unwrap_or_default();
    ensure_eq!(own["content"]["membership"], "ban", "the ban: {sync}");
    Ok(())
}

/// Who left learns of a ban that follows.
async fn ban_after_leave(server: Server) -> Outcome {
    let (alice, bob, room, _) = in_room(&server).await?;
    bob.leave(&room).await?;
    let since = bob.now().await?;
    alice.act("ban", &room, &bob).await?.ok()?;
    let sync = bob.sync_since(&since).await?;
    let own = find(events(left(&sync, &room), "timeline"), "m.room.member", &bob.id).cloned().unwrap_or_default();
    ensure_eq!(own["content"]["membership"], "ban", "the ban: {sync}");
    Ok(())
}

async fn nothing_after_leaving(server: Server) -> Outcome {
    let (alice, bob, room, since) = in_room(&server).await?;
    bob.leave(&room).await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "secret" })).await?;
    let unseen = alice.say(&room, "he is gone").await?;
    let sync = bob.sync_since(&since).await?;
    ensure!(left(&sync, &room).is_object(), "left: {sync}");
    ensure!(!sync.to_string().contains(&unseen), "a message sent after leaving: {sync}");
    ensure!(!sync.to_string().contains("secret"), "state set after leaving: {sync}");
    Ok(())
}

async fn joined_and_left_within_one_sync(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let since = bob.now().await?;
    bob.join(&room).await?;
    bob.leave(&room).await?;
    let sync = bob.sync_since(&since).await?;
    ensure!(left(&sync, &room).is_object(), "the room was left: {sync}");
    ensure!(joined(&sync, &room).is_null(), "and is not joined: {sync}");
    Ok(())
}

/// "The timeline of messages and state changes in the room up to the point when the user left."
async fn include_leave_stops_at_leaving(server: Server) -> Outcome {
    let (alice, bob, room, _) = in_room(&server).await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "at leaving" })).await?;
    bob.leave(&room).await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "afterwards" })).await?;
    let sync = bob.sync_filtered(&json!({ "room": { "include_leave": true } }), "").await?;
    let room = left(&sync, &room);
    let all: Vec<Value> = events(room, "state").iter().chain(events(room, "timeline")).cloned().collect();
    let name = find(&all, "m.room.name", "").map(|event| event["content"]["name"].clone());
    ensure!(!room.to_string().contains("afterwards"), "state from after leaving: {room}");
    ensure_eq!(name, Some(json!("at leaving")), "name");
    Ok(())
}

//! Who may see which event: history visibility, on every path that shows events.

use super::prelude::*;

tests! { "history":
    shared, "room-history-visibility", ["GET v3/rooms/{roomId}/messages"];
    joined_only, "room-history-visibility", ["GET v3/rooms/{roomId}/messages"];
    invited, "room-history-visibility", ["GET v3/rooms/{roomId}/messages"];
    world_readable, "room-history-visibility",
        ["GET v3/rooms/{roomId}/messages", "GET v3/rooms/{roomId}/event/{eventId}"];
    world_readable_state, "room-history-visibility", ["GET v3/rooms/{roomId}/state"];
    world_readable_hides_what_came_before, "room-history-visibility", ["GET v3/rooms/{roomId}/event/{eventId}"];
    not_set_is_shared, "room-history-visibility", ["GET v3/rooms/{roomId}/messages"];
    unknown_value_is_shared, "room-history-visibility", ["GET v3/rooms/{roomId}/messages"];
    not_retrospective, "room-history-visibility", ["GET v3/rooms/{roomId}/messages"];
    after_leaving, "room-history-visibility",
        ["GET v3/rooms/{roomId}/event/{eventId} M_NOT_FOUND", "GET v3/rooms/{roomId}/context/{eventId} 404"];
    between_two_memberships, "room-history-visibility", ["GET v3/rooms/{roomId}/messages"];
    event_and_context, "room-history-visibility",
        ["GET v3/rooms/{roomId}/event/{eventId} M_NOT_FOUND", "GET v3/rooms/{roomId}/context/{eventId} 404"];
    context_hides_neighbours, "room-history-visibility", ["GET v3/rooms/{roomId}/context/{eventId}"];
    sync_after_joining, "room-history-visibility", ["GET v3/sync"];
    own_join_is_visible, "room-history-visibility", ["GET v3/rooms/{roomId}/messages"];
    visibility_change_itself, "room-history-visibility", ["GET v3/rooms/{roomId}/messages"];
    invited_user_reads_nothing_when_joined_only, "room-history-visibility",
        ["GET v3/rooms/{roomId}/event/{eventId} M_NOT_FOUND"];
}

/// A public room with this visibility from its beginning.
async fn room_with(alice: &User, visibility: &str) -> Result<String, Failure> {
    let initial = json!([{ "type": "m.room.history_visibility", "content": { "history_visibility": visibility } }]);
    alice.create_room(json!({ "preset": "public_chat", "initial_state": initial })).await
}

async fn set_visibility(alice: &User, room: &str, visibility: &str) -> Result<String, Failure> {
    alice.set_state(room, "m.room.history_visibility", "", json!({ "history_visibility": visibility })).await
}

/// All events that a user gets by paging back.
async fn seen(user: &User, room: &str) -> Result<Vec<String>, Failure> {
    let (mut all, mut from) = (Vec::new(), String::new());
    for _ in 0..30 {
        let page = user.get(format!("{}?dir=b&limit=50{from}", v3!("rooms/{}/messages", room))).await?.ok()?;
        let chunk = page["chunk"].as_array().cloned().unwrap_or_default();
        all.extend(ids(&chunk).into_iter().map(str::to_owned));
        match page["end"].as_str() {
            Some(end) => from = format!("&from={}", encode(end)),
            None => break,
        }
    }
    Ok(all)
}

/// Checks whether a user gets an event by paging, by `/event` and by `/context`.
async fn check(user: &User, room: &str, event: &str, visible: bool, what: &str) -> Outcome {
    let listed = seen(user, room).await?.iter().any(|id| id == event);
    ensure_eq!(listed, visible, "/messages, {what}");
    for path in [v3!("rooms/{}/event/{}", room, event), v3!("rooms/{}/context/{}", room, event)] {
        let reply = user.get(path).await?;
        if visible {
            reply.ok()?;
        } else {
            ensure!(matches!(reply.status, 403 | 404), "{what}: {} was answered {}", reply.request, reply.brief());
        }
    }
    Ok(())
}

async fn shared(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "shared").await?;
    let event = alice.say(&room, "before he came").await?;
    bob.join(&room).await?;
    check(&bob, &room, &event, true, "a message from before the join, visibility shared").await
}

async fn joined_only(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "joined").await?;
    let before = alice.say(&room, "before the invite").await?;
    alice.invite(&room, &bob).await?;
    let between = alice.say(&room, "between").await?;
    bob.join(&room).await?;
    let after = alice.say(&room, "after").await?;
    check(&bob, &room, &before, false, "before the invite, visibility joined").await?;
    check(&bob, &room, &between, false, "between invite and join, visibility joined").await?;
    check(&bob, &room, &after, true, "after the join, visibility joined").await
}

async fn invited(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "invited").await?;
    let before = alice.say(&room, "before the invite").await?;
    alice.invite(&room, &bob).await?;
    let between = alice.say(&room, "between").await?;
    bob.join(&room).await?;
    check(&bob, &room, &before, false, "before the invite, visibility invited").await?;
    check(&bob, &room, &between, true, "between invite and join, visibility invited").await
}

/// "may be shared ... with any authenticated user, regardless of whether they have ever joined the room".
async fn world_readable(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "world_readable").await?;
    let event = alice.say(&room, "for everybody").await?;
    check(&bob, &room, &event, true, "a message of a world-readable room").await
}

async fn world_readable_state(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "world_readable").await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "Glass" })).await?;
    ensure_eq!(bob.state(&room, "m.room.name", "").await?["name"], "Glass", "a state event");
    ensure!(find(&bob.all_state(&room).await?, "m.room.name", "").is_some(), "the whole state");
    Ok(())
}

async fn world_readable_hides_what_came_before(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "shared").await?;
    let before = alice.say(&room, "for members").await?;
    set_visibility(&alice, &room, "world_readable").await?;
    let after = alice.say(&room, "for everybody").await?;
    check(&bob, &room, &before, false, "from before the room was world-readable").await?;
    check(&bob, &room, &after, true, "from since the room is world-readable").await
}

/// "By default if no history_visibility is set, or if the value is not understood, the visibility is assumed to be
/// shared."
async fn not_set_is_shared(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    // An event without the key sets nothing.
    alice.set_state(&room, "m.room.history_visibility", "", json!({})).await?;
    let event = alice.say(&room, "before he came").await?;
    bob.join(&room).await?;
    check(&bob, &room, &event, true, "a message from before the join, visibility not set").await
}

async fn unknown_value_is_shared(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let content = json!({ "history_visibility": "org.example.fog" });
    if alice.try_state(&room, "m.room.history_visibility", "", content).await?.status != 200 {
        // A server may refuse to set what it does not understand.
        return Ok(());
    }
    let event = alice.say(&room, "before he came").await?;
    check_outsider(&bob, &room, &event).await?;
    bob.join(&room).await?;
    check(&bob, &room, &event, true, "a message from before the join, visibility not understood").await
}

async fn check_outsider(user: &User, room: &str, event: &str) -> Outcome {
    let reply = user.get(v3!("rooms/{}/event/{}", room, event)).await?;
    ensure!(matches!(reply.status, 403 | 404), "an outsider was answered {}", reply.brief());
    Ok(())
}

/// "clients cannot retrospectively choose to show or hide history to new users if the setting at that time was more
/// restrictive."
async fn not_retrospective(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "joined").await?;
    let hidden = alice.say(&room, "while joined").await?;
    set_visibility(&alice, &room, "shared").await?;
    let shown = alice.say(&room, "while shared").await?;
    set_visibility(&alice, &room, "joined").await?;
    bob.join(&room).await?;
    check(&bob, &room, &hidden, false, "sent while the visibility was joined").await?;
    check(&bob, &room, &shown, true, "sent while the visibility was shared").await
}

async fn after_leaving(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "shared").await?;
    bob.join(&room).await?;
    let during = alice.say(&room, "during").await?;
    bob.leave(&room).await?;
    let after = alice.say(&room, "after").await?;
    check(&bob, &room, &during, true, "what he could see before he left").await?;
    check(&bob, &room, &after, false, "what came after he left").await
}

async fn between_two_memberships(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "joined").await?;
    bob.join(&room).await?;
    let first = alice.say(&room, "first stay").await?;
    bob.leave(&room).await?;
    let away = alice.say(&room, "away").await?;
    bob.join(&room).await?;
    let second = alice.say(&room, "second stay").await?;
    for (event, visible, what) in [(first, true, "first stay"), (away, false, "away"), (second, true, "second stay")] {
        check(&bob, &room, &event, visible, what).await?;
    }
    Ok(())
}

async fn event_and_context(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "joined").await?;
    let hidden = alice.say(&room, "hidden").await?;
    bob.join(&room).await?;
    bob.get(v3!("rooms/{}/event/{}", room, hidden)).await?.error(404, "M_NOT_FOUND")?;
    let reply = bob.get(v3!("rooms/{}/context/{}", room, hidden)).await?;
    ensure!(matches!(reply.status, 403 | 404), "context of a hidden event: {}", reply.brief());
    Ok(())
}

async fn context_hides_neighbours(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "joined").await?;
    alice.say(&room, "hidden neighbour").await?;
    bob.join(&room).await?;
    let event = alice.say(&room, "visible").await?;
    let reply = bob.get(v3!("rooms/{}/context/{}?limit=20", room, event)).await?;
    ensure!(!reply.text.contains("hidden neighbour"), "a hidden event beside a visible one: {}", reply.brief());
    reply.ok().map(drop)
}

async fn sync_after_joining(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "joined").await?;
    let hidden = alice.say(&room, "hidden").await?;
    let since = bob.now().await?;
    bob.join(&room).await?;
    let shown = alice.say(&room, "shown").await?;
    for sync in [bob.sync_since(&since).await?, bob.first_sync().await?] {
        ensure!(has_event(&sync, &room, &shown), "a message since the join: {sync}");
        ensure!(!has_event(&sync, &room, &hidden), "a message from before the join: {sync}");
    }
    Ok(())
}

/// "a user can always see m.room.member events which set their membership to join".
async fn own_join_is_visible(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "joined").await?;
    bob.join(&room).await?;
    let state = bob.all_state(&room).await?;
    let own = find(&state, "m.room.member", &bob.id).cloned().unwrap_or_default();
    let own = text(&own, "event_id")?;
    ensure!(seen(&bob, &room).await?.contains(&own), "one's own join");
    Ok(())
}

/// A change of the visibility is seen if the value before or after it allows.
async fn visibility_change_itself(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "joined").await?;
    let opened = set_visibility(&alice, &room, "shared").await?;
    let closed = set_visibility(&alice, &room, "joined").await?;
    bob.join(&room).await?;
    let seen = seen(&bob, &room).await?;
    ensure!(seen.contains(&opened), "the change from joined to shared");
    ensure!(seen.contains(&closed), "the change from shared to joined");
    Ok(())
}

async fn invited_user_reads_nothing_when_joined_only(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room_with(&alice, "joined").await?;
    alice.invite(&room, &bob).await?;
    let event = alice.say(&room, "not yet").await?;
    check_outsider(&bob, &room, &event).await?;
    let reply = bob.get(v3!("rooms/{}/messages?dir=b", room)).await?;
    ensure!(!reply.text.contains("not yet"), "an invited user reads: {}", reply.brief());
    Ok(())
}

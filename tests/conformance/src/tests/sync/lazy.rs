//! Lazy-loaded members, and the summary that replaces them.

use super::prelude::*;

tests! { "sync_lazy":
    only_senders, "lazy-loading-room-members", ["GET v3/sync"];
    own_member_event, "lazy-loading-room-members", ["GET v3/sync"];
    own_member_event_on_join, "lazy-loading-room-members", ["GET v3/sync"];
    heroes_are_included, "lazy-loading-room-members", ["GET v3/sync"];
    sender_comes_with_the_message, "lazy-loading-room-members", ["GET v3/sync"];
    redundant_members_left_out, "lazy-loading-room-members", ["GET v3/sync"];
    redundant_members_on_request, "lazy-loading-room-members", ["GET v3/sync"];
    members_changed_in_the_gap, "lazy-loading-room-members", ["GET v3/sync"];
    off_by_default, "lazy-loading-room-members", ["GET v3/sync"];
    summary_counts, "syncing", ["GET v3/sync"];
    summary_heroes, "syncing", ["GET v3/sync"];
    summary_heroes_who_left, "syncing", ["GET v3/sync"];
    summary_on_change, "syncing", ["GET v3/sync"];
}

fn lazy(limit: u32) -> Value {
    json!({ "room": { "state": { "lazy_load_members": true }, "timeline": { "limit": limit } } })
}

/// The users whose member events stand in the state of a joined room, in any order.
fn members<'a>(sync: &'a Value, room: &str) -> Vec<&'a str> {
    let state = events(joined(sync, room), "state").iter();
    let mut users: Vec<&str> = state
        .filter(|event| event["type"] == "m.room.member")
        .filter_map(|event| event["state_key"].as_str())
        .collect();
    users.sort_unstable();
    users
}

/// A named room of Alice, Bob and Carol.
async fn three(server: &Server) -> Result<(User, User, User, String), Failure> {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let room = alice.create_room(json!({ "preset": "public_chat", "name": "Three" })).await?;
    bob.join(&room).await?;
    carol.join(&room).await?;
    Ok((alice, bob, carol, room))
}

/// "the server will only return membership events for the sender of events in the timeline, not all members".
async fn only_senders(server: Server) -> Outcome {
    let (alice, bob, carol, room) = three(&server).await?;
    bob.say(&room, "hello").await?;
    let sync = alice.sync_filtered(&lazy(1), "").await?;
    let got = members(&sync, &room);
    ensure!(got.contains(&bob.id.as_str()), "the sender of the message: {got:?}");
    ensure!(!got.contains(&carol.id.as_str()), "nobody who said nothing: {got:?}");
    ensure!(find(events(joined(&sync, &room), "state"), "m.room.name", "").is_some(), "other state is whole");
    Ok(())
}

/// "servers MUST include the syncing user's own membership event ... when the full state of rooms is requested".
async fn own_member_event(server: Server) -> Outcome {
    let (alice, bob, _, room) = three(&server).await?;
    bob.say(&room, "hello").await?;
    let sync = alice.sync_filtered(&lazy(1), "full_state=true").await?;
    let got = members(&sync, &room);
    ensure!(got.contains(&alice.id.as_str()), "one's own member event: {got:?}");
    Ok(())
}

/// "servers MUST include the syncing user's own membership event when they join a room".
async fn own_member_event_on_join(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.create_room(json!({ "preset": "public_chat", "name": "Named" })).await?;
    let since = text(&bob.sync_filtered(&lazy(1), "").await?, "next_batch")?;
    bob.join(&room).await?;
    alice.say(&room, "welcome").await?;
    alice.say(&room, "to the room").await?;
    let sync = bob.sync_filtered(&lazy(1), &format!("since={}", encode(since))).await?;
    let got = members(&sync, &room);
    ensure!(got.contains(&bob.id.as_str()), "one's own member event: {got:?}");
    Ok(())
}

/// "When lazy-loading room members is enabled, the membership events for the heroes MUST be included in the state".
async fn heroes_are_included(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    alice.say(&room, "hello").await?;
    let sync = alice.sync_filtered(&lazy(1), "").await?;
    ensure_eq!(joined(&sync, &room)["summary"]["m.heroes"], json!([bob.id]), "heroes of a room without a name");
    let got = members(&sync, &room);
    ensure!(got.contains(&bob.id.as_str()), "the hero's member event: {got:?}");
    Ok(())
}

async fn sender_comes_with_the_message(server: Server) -> Outcome {
    let (alice, bob, carol, room) = three(&server).await?;
    alice.say(&room, "start").await?;
    let since = text(&alice.sync_filtered(&lazy(1), "").await?, "next_batch")?;
    bob.say(&room, "hello").await?;
    let sync = alice.sync_filtered(&lazy(10), &format!("since={}", encode(since))).await?;
    let got = members(&sync, &room);
    ensure!(got.contains(&bob.id.as_str()), "Bob was not known yet: {got:?}");
    ensure!(!got.contains(&carol.id.as_str()), "Carol said nothing: {got:?}");
    Ok(())
}

/// "the server MAY assume that clients will remember membership events they have already been sent": a server that
/// keeps no memory of it sends them again, which is valid; then the two answers are equal.
async fn redundant_members_left_out(server: Server) -> Outcome {
    let (alice, bob, _, room) = three(&server).await?;
    let filter = lazy(10);
    let since = text(&alice.sync_filtered(&filter, "").await?, "next_batch")?;
    bob.say(&room, "one").await?;
    let first = alice.sync_filtered(&filter, &format!("since={}", encode(&since))).await?;
    bob.say(&room, "two").await?;
    let second = alice.sync_filtered(&filter, &format!("since={}", encode(text(&first, "next_batch")?))).await?;
    let got = members(&second, &room);
    ensure!(got.is_empty() || got == [bob.id.as_str()], "at most Bob: {got:?}");
    ensure_eq!(events(joined(&second, &room), "timeline").len(), 1, "events of the second answer");
    Ok(())
}

/// "Clients may request that redundant membership events are always included".
async fn redundant_members_on_request(server: Server) -> Outcome {
    let (alice, bob, _, room) = three(&server).await?;
    let state = json!({ "lazy_load_members": true, "include_redundant_members": true });
    let filter = json!({ "room": { "state": state } });
    let mut since = text(&alice.sync_filtered(&filter, "").await?, "next_batch")?;
    for number in 0..2 {
        bob.say(&room, &number.to_string()).await?;
        let sync = alice.sync_filtered(&filter, &format!("since={}", encode(&since))).await?;
        ensure_eq!(members(&sync, &room), [bob.id.as_str()], "members of sync {number}");
        since = text(&sync, "next_batch")?;
    }
    Ok(())
}

/// "When a sync is limited, the server MUST return membership events for events in the gap ... regardless as to whether
/// or not they are redundant."
async fn members_changed_in_the_gap(server: Server) -> Outcome {
    let (alice, bob, carol, room) = three(&server).await?;
    let dave = server.user("dave").await?;
    let since = text(&alice.sync_filtered(&lazy(20), "").await?, "next_batch")?;
    dave.join(&room).await?;
    carol.leave(&room).await?;
    for number in 0..3 {
        bob.say(&room, &number.to_string()).await?;
    }
    let sync = alice.sync_filtered(&lazy(2), &format!("since={}", encode(since))).await?;
    ensure_eq!(joined(&sync, &room)["timeline"]["limited"], true, "limited");
    let got = members(&sync, &room);
    ensure!(got.contains(&dave.id.as_str()), "who joined in the gap: {got:?}");
    ensure!(got.contains(&carol.id.as_str()), "who left in the gap: {got:?}");
    Ok(())
}

/// "the default behaviour of state is to include all membership events".
async fn off_by_default(server: Server) -> Outcome {
    let (alice, bob, carol, room) = three(&server).await?;
    bob.say(&room, "hello").await?;
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "limit": 1 } } }), "").await?;
    let mut all = [alice.id.as_str(), &bob.id, &carol.id];
    all.sort_unstable();
    ensure_eq!(members(&sync, &room), all, "members without lazy loading");
    Ok(())
}

async fn summary_counts(server: Server) -> Outcome {
    let (alice, _, _, room) = three(&server).await?;
    let dave = server.user("dave").await?;
    alice.invite(&room, &dave).await?;
    let sync = alice.sync_filtered(&lazy(10), "").await?;
    let summary = &joined(&sync, &room)["summary"];
    ensure_eq!(summary["m.joined_member_count"], 3, "joined members");
    ensure_eq!(summary["m.invited_member_count"], 1, "invited members");
    Ok(())
}

/// "joined or invited. The list must never include the client's own user ID."
async fn summary_heroes(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    alice.invite(&room, &carol).await?;
    let sync = alice.sync_filtered(&lazy(10), "").await?;
    let heroes = joined(&sync, &room)["summary"]["m.heroes"].as_array().cloned().unwrap_or_default();
    let mut heroes: Vec<&str> = heroes.iter().filter_map(Value::as_str).collect();
    heroes.sort_unstable();
    ensure_eq!(heroes, [bob.id.as_str(), &carol.id], "heroes");
    Ok(())
}

/// "When no joined or invited members are available, this should consist of the banned and left users."
async fn summary_heroes_who_left(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    bob.leave(&room).await?;
    let sync = alice.sync_filtered(&lazy(10), "").await?;
    ensure_eq!(joined(&sync, &room)["summary"]["m.heroes"], json!([bob.id]), "heroes of a deserted room");
    Ok(())
}

async fn summary_on_change(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let since = text(&alice.sync_filtered(&lazy(10), "").await?, "next_batch")?;
    bob.join(&room).await?;
    let sync = alice.sync_filtered(&lazy(10), &format!("since={}", encode(since))).await?;
    let summary = &joined(&sync, &room)["summary"];
    ensure_eq!(summary["m.joined_member_count"], 2, "joined members after the change");
    ensure_eq!(summary["m.heroes"], json!([bob.id]), "a fresh list of heroes");
    Ok(())
}

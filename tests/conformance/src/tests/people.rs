//! Between users: the user directory, ignoring, and blocking invites.

use std::time::{Duration, Instant};

use super::prelude::*;

tests! { "people":
    directory_shared_room, "user-directory", ["POST v3/user_directory/search"];
    directory_public_room, "user-directory", ["POST v3/user_directory/search"];
    directory_by_user_id, "user-directory", ["POST v3/user_directory/search"];
    directory_limit, "user-directory", ["POST v3/user_directory/search"];
    directory_missing_term, "user-directory", ["POST v3/user_directory/search 400"];
    ignored_messages_hidden, "ignoring-users", ["GET v3/sync"];
    ignored_state_still_sent, "ignoring-users", ["GET v3/sync"];
    ignored_invites_hidden, "ignoring-users", ["GET v3/sync"];
    ignoring_ends, "ignoring-users", ["GET v3/sync"];
    blocked_invite, "invite-permission", ["POST v3/rooms/{roomId}/invite M_INVITE_BLOCKED"];
    blocked_in_create, "invite-permission", ["POST v3/createRoom M_INVITE_BLOCKED"];
    blocked_by_state_event, "invite-permission",
        ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_INVITE_BLOCKED"];
    blocking_hides_earlier_invites, "invite-permission", ["GET v3/sync"];
    blocking_ends, "invite-permission", ["POST v3/rooms/{roomId}/invite"];
}

/// How long an index may lag behind on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Searches until the user is found.
async fn finds(user: &User, term: &str, wanted: &User) -> Result<Value, Failure> {
    let (mut answer, started) = (Value::Null, Instant::now());
    while started.elapsed() < PATIENCE {
        let body = json!({ "search_term": term, "limit": 10 });
        answer = user.post(v3!("user_directory/search"), body).await?.ok()?;
        let results = answer["results"].as_array().cloned().unwrap_or_default();
        if let Some(found) = results.into_iter().find(|result| result["user_id"] == wanted.id.as_str()) {
            ensure!(answer["limited"].is_boolean(), "limited is required: {answer}");
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err(Failure::new(format!("{wanted} is not found by {term:?}: {answer}")))
}

/// "users that share a room with the requesting user".
async fn directory_shared_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let name = server.fresh("Zebedee");
    bob.put(v3!("profile/{}/displayname", bob), json!({ "displayname": name })).await?.ok()?;
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    bob.join(&room).await?;
    // "performed case-insensitively on user IDs and display names".
    let found = finds(&alice, &name.to_uppercase(), &bob).await?;
    ensure_eq!(found["display_name"], name.as_str(), "display name");
    Ok(())
}

/// "users who are joined to rooms known to the homeserver that have a public join rule".
async fn directory_public_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let name = server.fresh("Publius");
    bob.put(v3!("profile/{}/displayname", bob), json!({ "displayname": name })).await?.ok()?;
    bob.public_room().await?;
    finds(&alice, &name, &bob).await.map(drop)
}

async fn directory_by_user_id(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    bob.public_room().await?;
    finds(&alice, bob.localpart(), &bob).await.map(drop)
}

async fn directory_limit(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let name = server.fresh("twins");
    for _ in 0..3 {
        let twin = server.user("twin").await?;
        twin.put(v3!("profile/{}/displayname", twin), json!({ "displayname": name })).await?.ok()?;
        twin.public_room().await?;
        finds(&alice, &name, &twin).await?;
    }
    let body = json!({ "search_term": name, "limit": 2 });
    let answer = alice.post(v3!("user_directory/search"), body).await?.ok()?;
    ensure_eq!(answer["results"].as_array().map(Vec::len), Some(2), "results");
    ensure_eq!(answer["limited"], true, "limited");
    Ok(())
}

async fn directory_missing_term(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.post(v3!("user_directory/search"), json!({})).await?.refused(400).map(drop)
}

async fn ignore(user: &User, ignored: &[&User]) -> Outcome {
    let list: serde_json::Map<String, Value> = ignored.iter().map(|other| (other.id.clone(), json!({}))).collect();
    let path = v3!("user/{}/account_data/m.ignored_user_list", user);
    user.put(path, json!({ "ignored_users": list })).await?.ok().map(drop)
}

/// A room of Alice, Bob and Carol, in which Alice ignores Bob, and a token of Alice's.
async fn ignoring(server: &Server) -> Result<(User, User, User, String, String), Failure> {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    carol.join(&room).await?;
    ignore(&alice, &[&bob]).await?;
    let since = alice.now().await?;
    Ok((alice, bob, carol, room, since))
}

async fn ignored_messages_hidden(server: Server) -> Outcome {
    let (alice, bob, carol, room, since) = ignoring(&server).await?;
    let hidden = bob.say(&room, "you will not read this").await?;
    let shown = carol.say(&room, "but this").await?;
    let sync = alice.sync_since(&since).await?;
    ensure_eq!(ids(events(joined(&sync, &room), "timeline")), [shown.clone()], "timeline of the incremental sync");
    let sync = alice.first_sync().await?;
    ensure!(has_event(&sync, &room, &shown), "the other's message in an initial sync");
    ensure!(!has_event(&sync, &room, &hidden), "the ignored user's message in an initial sync");
    Ok(())
}

/// "Servers must still send state events sent by ignored users to clients."
async fn ignored_state_still_sent(server: Server) -> Outcome {
    let (alice, bob, _, room, since) = ignoring(&server).await?;
    alice.change_power(&room, json!({ "users": { &bob.id: 50 } })).await?;
    let event = bob.set_state(&room, "m.room.name", "", json!({ "name": "Bob's" })).await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(has_event(&sync, &room, &event), "state of an ignored user: {sync}");
    Ok(())
}

/// "Servers must not send room invites from ignored users to clients."
async fn ignored_invites_hidden(server: Server) -> Outcome {
    let (alice, bob, carol, _, since) = ignoring(&server).await?;
    let (his, hers) = (bob.private_room().await?, carol.private_room().await?);
    bob.act("invite", &his, &alice).await?;
    carol.invite(&hers, &alice).await?;
    for sync in [alice.sync_since(&since).await?, alice.first_sync().await?] {
        ensure!(sync["rooms"]["invite"][&hers].is_object(), "the invite of another: {sync}");
        ensure!(sync["rooms"]["invite"][&his].is_null(), "the invite of an ignored user: {sync}");
    }
    Ok(())
}

async fn ignoring_ends(server: Server) -> Outcome {
    let (alice, bob, _, room, _) = ignoring(&server).await?;
    bob.say(&room, "missed").await?;
    ignore(&alice, &[]).await?;
    let since = alice.now().await?;
    let event = bob.say(&room, "heard").await?;
    ensure!(has_event(&alice.sync_since(&since).await?, &room, &event), "a message after ignoring ended");
    Ok(())
}

async fn block(user: &User, blocking: bool) -> Outcome {
    let content = if blocking { json!({ "default_action": "block" }) } else { json!({}) };
    user.put(v3!("user/{}/account_data/m.invite_permission_config", user), content).await?.ok().map(drop)
}

async fn blocked_invite(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    block(&bob, true).await?;
    let room = alice.private_room().await?;
    alice.act("invite", &room, &bob).await?.error(403, "M_INVITE_BLOCKED")?;
    ensure_eq!(alice.membership(&room, &bob).await?, "none", "membership");
    Ok(())
}

/// "It is possible for one of the invited users to be rejected whilst the room creation as a whole succeeds."
async fn blocked_in_create(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    block(&bob, true).await?;
    let reply = alice.post(v3!("createRoom"), json!({ "invite": [bob.id] })).await?;
    if reply.status != 200 {
        return reply.error(403, "M_INVITE_BLOCKED").map(drop);
    }
    let room = text(&reply.ok()?, "room_id")?;
    ensure!(alice.membership(&room, &bob).await? != "invite", "a user who blocks invites was invited");
    Ok(())
}

async fn blocked_by_state_event(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    block(&bob, true).await?;
    let room = alice.private_room().await?;
    let content = json!({ "membership": "invite" });
    alice.try_state(&room, "m.room.member", &bob.id, content).await?.error(403, "M_INVITE_BLOCKED").map(drop)
}

/// "invite events for this user already in the database ... MUST NOT be served over client synchronisation endpoints".
async fn blocking_hides_earlier_invites(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    block(&bob, true).await?;
    let sync = bob.first_sync().await?;
    ensure!(sync["rooms"]["invite"][&room].is_null(), "an invite from before the blocking: {sync}");
    Ok(())
}

async fn blocking_ends(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    block(&bob, true).await?;
    block(&bob, false).await?;
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    ensure!(bob.first_sync().await?["rooms"]["invite"][&room].is_object(), "the invite comes");
    Ok(())
}

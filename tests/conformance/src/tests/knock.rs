//! Knocking, and rooms that members of other rooms may join.

use super::prelude::*;

tests! { "knock":
    knock, "knocking-on-rooms", ["POST v3/knock/{roomIdOrAlias}"];
    knock_by_alias, "knocking-on-rooms", ["POST v3/knock/{roomIdOrAlias}"];
    not_set_up, "knocking-on-rooms", ["POST v3/knock/{roomIdOrAlias} M_FORBIDDEN"];
    banned, "knocking-on-rooms", ["POST v3/knock/{roomIdOrAlias} 403"];
    member, "knocking-on-rooms", ["POST v3/knock/{roomIdOrAlias} 403"];
    invited, "knocking-on-rooms", ["POST v3/knock/{roomIdOrAlias} 403"];
    unknown_room, "knocking-on-rooms", ["POST v3/knock/{roomIdOrAlias} M_NOT_FOUND"];
    join_needs_invite, "knocking-on-rooms", ["POST v3/rooms/{roomId}/join M_FORBIDDEN"];
    accepted, "knocking-on-rooms", ["POST v3/knock/{roomIdOrAlias}"];
    retracted, "knocking-on-rooms", ["POST v3/rooms/{roomId}/leave"];
    denied, "knocking-on-rooms", ["POST v3/rooms/{roomId}/kick"];
    version_without_knocking, "knocking-on-rooms", ["POST v3/knock/{roomIdOrAlias} 403"];
    restricted_join, "restricted-rooms", ["POST v3/rooms/{roomId}/join"];
    restricted_refused, "restricted-rooms", ["POST v3/rooms/{roomId}/join M_FORBIDDEN"];
    restricted_refused_by_state_event, "restricted-rooms", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} M_FORBIDDEN"];
    restricted_after_leaving_the_other, "restricted-rooms", ["POST v3/rooms/{roomId}/join M_FORBIDDEN"];
    restricted_with_invite, "restricted-rooms", ["POST v3/rooms/{roomId}/join"];
    restricted_authorised_by, "restricted-rooms", ["POST v3/rooms/{roomId}/join"];
    restricted_banned, "restricted-rooms", ["POST v3/rooms/{roomId}/join 403"];
    restricted_unknown_condition, "restricted-rooms", ["POST v3/rooms/{roomId}/join M_FORBIDDEN"];
    restricted_no_usable_condition, "restricted-rooms", ["POST v3/rooms/{roomId}/join M_FORBIDDEN"];
    restricted_several_conditions, "restricted-rooms", ["POST v3/rooms/{roomId}/join"];
    knock_restricted, "restricted-rooms", ["POST v3/knock/{roomIdOrAlias}", "POST v3/rooms/{roomId}/join"];
}

/// A room of Alice's with these join rules, in a room version.
async fn ruled(alice: &User, version: &str, rules: Value) -> Result<String, Failure> {
    let initial = json!([{ "type": "m.room.join_rules", "content": rules }]);
    alice.create_room(json!({ "room_version": version, "initial_state": initial })).await
}

async fn knockable(server: &Server) -> Result<(User, User, String), Failure> {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = ruled(&alice, "12", json!({ "join_rule": "knock" })).await?;
    Ok((alice, bob, room))
}

async fn try_knock(user: &User, room: &str) -> Result<Reply, Failure> {
    user.post(v3!("knock/{}", room), json!({ "reason": "please" })).await
}

async fn try_join(user: &User, room: &str) -> Result<Reply, Failure> {
    user.post(v3!("rooms/{}/join", room), json!({})).await
}

async fn knock(server: Server) -> Outcome {
    let (alice, bob, room) = knockable(&server).await?;
    ensure_eq!(try_knock(&bob, &room).await?.ok()?["room_id"], room.as_str(), "room_id of the answer");
    let member = alice.state(&room, "m.room.member", &bob.id).await?;
    ensure_eq!((&member["membership"], &member["reason"]), (&json!("knock"), &json!("please")), "member event");
    Ok(())
}

async fn knock_by_alias(server: Server) -> Outcome {
    let (alice, bob, room) = knockable(&server).await?;
    let alias = format!("#{}:{}", server.fresh("knock"), server.name());
    alice.put(v3!("directory/room/{}", alias), json!({ "room_id": room })).await?.ok()?;
    ensure_eq!(try_knock(&bob, &alias).await?.ok()?["room_id"], room.as_str(), "room of the alias");
    Ok(())
}

async fn not_set_up(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    try_knock(&bob, &room).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(alice.membership(&room, &bob).await?, "none", "membership");
    Ok(())
}

async fn banned(server: Server) -> Outcome {
    let (alice, bob, room) = knockable(&server).await?;
    alice.act("ban", &room, &bob).await?.ok()?;
    try_knock(&bob, &room).await?.refused(403).map(drop)
}

/// "Users who are currently in the room, already invited, or banned cannot knock on the room."
async fn member(server: Server) -> Outcome {
    let (alice, _, room) = knockable(&server).await?;
    try_knock(&alice, &room).await?.refused(403)?;
    ensure_eq!(alice.membership(&room, &alice).await?, "join", "membership");
    Ok(())
}

async fn invited(server: Server) -> Outcome {
    let (alice, bob, room) = knockable(&server).await?;
    alice.invite(&room, &bob).await?;
    try_knock(&bob, &room).await?.refused(403)?;
    ensure_eq!(alice.membership(&room, &bob).await?, "invite", "membership");
    Ok(())
}

async fn unknown_room(server: Server) -> Outcome {
    let bob = server.user("bob").await?;
    let alias = format!("#{}:{}", server.fresh("nowhere"), server.name());
    try_knock(&bob, &alias).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn join_needs_invite(server: Server) -> Outcome {
    let (_, bob, room) = knockable(&server).await?;
    try_knock(&bob, &room).await?.ok()?;
    try_join(&bob, &room).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn accepted(server: Server) -> Outcome {
    let (alice, bob, room) = knockable(&server).await?;
    try_knock(&bob, &room).await?.ok()?;
    alice.invite(&room, &bob).await?;
    // "Homeservers are permitted to automatically accept invites as a result of knocks": joining is then no change.
    bob.join(&room).await?;
    ensure_eq!(alice.membership(&room, &bob).await?, "join", "membership");
    Ok(())
}

/// "Knocks can be retracted by calling /leave".
async fn retracted(server: Server) -> Outcome {
    let (alice, bob, room) = knockable(&server).await?;
    try_knock(&bob, &room).await?.ok()?;
    bob.leave(&room).await?;
    ensure_eq!(alice.membership(&room, &bob).await?, "leave", "membership");
    try_knock(&bob, &room).await?.ok().map(drop)
}

async fn denied(server: Server) -> Outcome {
    let (alice, bob, room) = knockable(&server).await?;
    try_knock(&bob, &room).await?.ok()?;
    alice.act("kick", &room, &bob).await?.ok()?;
    ensure_eq!(alice.membership(&room, &bob).await?, "leave", "membership");
    Ok(())
}

/// Knocking came with room version 7.
async fn version_without_knocking(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = ruled(&alice, "6", json!({ "join_rule": "knock" })).await?;
    try_knock(&bob, &room).await?.refused(403).map(drop)
}

fn members_of(room: &str) -> Value {
    json!([{ "type": "m.room_membership", "room_id": room }])
}

/// Alice's lobby and a room that its members may join, in the given version.
async fn restricted(alice: &User, version: &str) -> Result<(String, String), Failure> {
    let lobby = alice.public_room().await?;
    let rules = json!({ "join_rule": "restricted", "allow": members_of(&lobby) });
    let room = ruled(alice, version, rules).await?;
    Ok((lobby, room))
}

async fn restricted_join(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for version in ["8", "9", "10", "11", "12"] {
        let (lobby, room) = restricted(&alice, version).await?;
        bob.join(&lobby).await?;
        bob.join(&room).await?;
        ensure_eq!(alice.membership(&room, &bob).await?, "join", "membership in version {version}");
        // "The user does not need to maintain the conditions in order to stay a member of the room".
        bob.leave(&lobby).await?;
        bob.say(&room, "still here").await?;
    }
    Ok(())
}

async fn restricted_refused(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (lobby, room) = restricted(&alice, "12").await?;
    try_join(&bob, &room).await?.error(403, "M_FORBIDDEN")?;
    // An invite is not membership: "a *joined* member of another room".
    alice.invite(&lobby, &bob).await?;
    try_join(&bob, &room).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// Who vouches for a join is for the server to say, not for the one who joins.
async fn restricted_refused_by_state_event(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (_, room) = restricted(&alice, "12").await?;
    for content in [
        json!({ "membership": "join", "join_authorised_via_users_server": &alice.id }),
        json!({ "membership": "join" }),
    ] {
        bob.try_state(&room, "m.room.member", &bob.id, content).await?.error(403, "M_FORBIDDEN")?;
    }
    Ok(())
}

async fn restricted_after_leaving_the_other(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (lobby, room) = restricted(&alice, "12").await?;
    bob.join(&lobby).await?;
    bob.leave(&lobby).await?;
    try_join(&bob, &room).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// "If the user has an invite to the room then the restrictions will not affect them."
async fn restricted_with_invite(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (_, room) = restricted(&alice, "12").await?;
    alice.invite(&room, &bob).await?;
    bob.join(&room).await
}

/// `join_authorised_via_users_server` names a member who could have invited.
async fn restricted_authorised_by(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (lobby, room) = restricted(&alice, "12").await?;
    bob.join(&lobby).await?;
    bob.join(&room).await?;
    let member = alice.state(&room, "m.room.member", &bob.id).await?;
    ensure_eq!(member["join_authorised_via_users_server"], alice.id.as_str(), "who authorised the join");
    Ok(())
}

async fn restricted_banned(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (lobby, room) = restricted(&alice, "12").await?;
    bob.join(&lobby).await?;
    alice.act("ban", &room, &bob).await?.ok()?;
    try_join(&bob, &room).await?.refused(403).map(drop)
}

async fn restricted_unknown_condition(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let lobby = alice.public_room().await?;
    let allow = json!([
        { "type": "org.example.moon_phase" },
        { "type": "m.room_membership", "room_id": lobby },
    ]);
    let room = ruled(&alice, "12", json!({ "join_rule": "restricted", "allow": allow })).await?;
    try_join(&bob, &room).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// "If no conditions can be verified or no conditions are satisfied, the user will not be able to join."
async fn restricted_no_usable_condition(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let allow = json!([{ "type": "org.example.moon_phase" }, "nonsense", { "type": "m.room_membership" }]);
    let room = ruled(&alice, "12", json!({ "join_rule": "restricted", "allow": allow })).await?;
    try_join(&bob, &room).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn restricted_several_conditions(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (one, two) = (alice.public_room().await?, alice.public_room().await?);
    let allow = json!([
        { "type": "org.example.moon_phase" },
        { "type": "m.room_membership", "room_id": one },
        { "type": "m.room_membership", "room_id": two },
    ]);
    let room = ruled(&alice, "12", json!({ "join_rule": "restricted", "allow": allow })).await?;
    bob.join(&two).await?;
    bob.join(&room).await
}

async fn knock_restricted(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let lobby = alice.public_room().await?;
    bob.join(&lobby).await?;
    for version in ["10", "11", "12"] {
        let rules = json!({ "join_rule": "knock_restricted", "allow": members_of(&lobby) });
        let room = ruled(&alice, version, rules).await?;
        bob.join(&room).await?;
        try_join(&carol, &room).await?.error(403, "M_FORBIDDEN")?;
        try_knock(&carol, &room).await?.ok()?;
    }
    Ok(())
}

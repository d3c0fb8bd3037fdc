//! Upgrading a room to another version.

use super::prelude::*;
use super::versions::room_of;

tests! { "upgrade":
    replaces_the_room, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade"];
    copies_state, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade"];
    moves_aliases, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade"];
    closes_the_old_room, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade"];
    keeps_type, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade"];
    to_12, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade"];
    additional_creators, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade"];
    without_power, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade M_FORBIDDEN"];
    unknown_version, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade M_UNSUPPORTED_ROOM_VERSION"];
    missing_version, "room-upgrades", ["POST v3/rooms/{roomId}/upgrade 400"];
}

async fn try_upgrade(user: &User, room: &str, body: Value) -> Result<Reply, Failure> {
    user.post(v3!("rooms/{}/upgrade", room), body).await
}

async fn upgraded(user: &User, room: &str, version: &str) -> Result<String, Failure> {
    text(&try_upgrade(user, room, json!({ "new_version": version })).await?.ok()?, "replacement_room")
}

async fn replaces_the_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let old = room_of(&alice, "10").await?;
    let new = upgraded(&alice, &old, "11").await?;
    let tombstone = alice.state(&old, "m.room.tombstone", "").await?;
    ensure_eq!(tombstone["replacement_room"], new.as_str(), "replacement_room of the tombstone");
    let create = alice.state(&new, "m.room.create", "").await?;
    ensure_eq!(create["room_version"], "11", "version of the new room");
    ensure_eq!(create["predecessor"]["room_id"], old.as_str(), "predecessor of the new room");
    ensure_eq!(alice.membership(&new, &alice).await?, "join", "membership in the new room");
    Ok(())
}

async fn copies_state(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let old = alice
        .create_room(json!({
            "room_version": "10", "preset": "public_chat", "name": "N", "topic": "T",
            "initial_state": [
                { "type": "m.room.avatar", "content": { "url": "mxc://example.org/a" } },
                { "type": "m.room.encryption", "content": { "algorithm": "m.megolm.v1.aes-sha2" } },
                { "type": "m.room.history_visibility", "content": { "history_visibility": "joined" } },
                { "type": "m.room.server_acl", "content": { "allow": ["*"] } },
                { "type": "m.room.guest_access", "content": { "guest_access": "forbidden" } },
            ],
        }))
        .await?;
    bob.join(&old).await?;
    alice.change_power(&old, json!({ "users": { &bob.id: 42 }, "ban": 77 })).await?;
    let new = upgraded(&alice, &old, "11").await?;
    let kinds =
        ["name", "topic", "avatar", "encryption", "history_visibility", "server_acl", "join_rules", "guest_access"];
    for kind in kinds.map(|kind| format!("m.room.{kind}")) {
        let before = alice.get(v3!("rooms/{}/state/{}", old, kind)).await?.json;
        let after = alice.get(v3!("rooms/{}/state/{}", new, kind)).await?.json;
        ensure_eq!(after, before, "{kind} of the new room");
    }
    let levels = alice.state(&new, "m.room.power_levels", "").await?;
    ensure_eq!((&levels["users"][&bob.id], &levels["ban"]), (&json!(42), &json!(77)), "power levels of the new room");
    // "Membership events should not be transferred to the new room".
    ensure_eq!(alice.membership(&new, &bob).await?, "none", "membership of another in the new room");
    Ok(())
}

async fn moves_aliases(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let local = server.fresh("moving");
    let old = alice.create_room(json!({ "room_version": "10", "room_alias_name": local })).await?;
    let new = upgraded(&alice, &old, "11").await?;
    let alias = format!("#{local}:{}", server.name());
    let found = server.get(v3!("directory/room/{}", alias)).await?.ok()?;
    ensure_eq!(found["room_id"], new.as_str(), "room of the alias");
    ensure_eq!(alice.state(&new, "m.room.canonical_alias", "").await?["alias"], alias.as_str(), "canonical alias");
    Ok(())
}

/// "the power levels in the old room should also be modified to prevent sending of events and inviting new users".
async fn closes_the_old_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let old = room_of(&alice, "10").await?;
    bob.join(&old).await?;
    bob.say(&old, "before").await?;
    upgraded(&alice, &old, "11").await?;
    let message = json!({ "msgtype": "m.text", "body": "after" });
    bob.try_send(&old, "m.room.message", message).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn keeps_type(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let content = json!({ "type": "m.space", "m.federate": false });
    let old = alice.create_room(json!({ "room_version": "10", "creation_content": content })).await?;
    let new = upgraded(&alice, &old, "11").await?;
    ensure_eq!(alice.state(&new, "m.room.create", "").await?["type"], "m.space", "type of the new room");
    Ok(())
}

/// From 11 to 12 the creator leaves the list of users, and its power stays above everybody's.
async fn to_12(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let old = room_of(&alice, "11").await?;
    bob.join(&old).await?;
    alice.change_power(&old, json!({ "users": { &bob.id: 50 } })).await?;
    let new = upgraded(&alice, &old, "12").await?;
    let levels = alice.state(&new, "m.room.power_levels", "").await?;
    ensure!(levels["users"].get(&alice.id).is_none(), "the creator is not listed: {levels}");
    ensure_eq!(levels["users"][&bob.id], 50, "level of another");
    ensure_eq!(alice.state(&old, "m.room.tombstone", "").await?["replacement_room"], new.as_str(), "tombstone");
    alice.set_state(&new, "m.room.name", "", json!({ "name": "new" })).await.map(drop)
}

async fn additional_creators(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let old = room_of(&alice, "11").await?;
    let body = json!({ "new_version": "12", "additional_creators": [bob.id] });
    let new = text(&try_upgrade(&alice, &old, body).await?.ok()?, "replacement_room")?;
    let create = alice.state(&new, "m.room.create", "").await?;
    ensure_eq!(create["additional_creators"], json!([bob.id]), "additional_creators");
    // "they are not automatically copied to the new room".
    let third = upgraded(&alice, &new, "12").await?;
    let create = alice.state(&third, "m.room.create", "").await?;
    ensure!(create["additional_creators"].as_array().is_none_or(Vec::is_empty), "creators were copied: {create}");
    Ok(())
}

async fn without_power(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let old = room_of(&alice, "10").await?;
    bob.join(&old).await?;
    try_upgrade(&bob, &old, json!({ "new_version": "11" })).await?.error(403, "M_FORBIDDEN")?;
    alice.get(v3!("rooms/{}/state/m.room.tombstone", old)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn unknown_version(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let old = room_of(&alice, "10").await?;
    let body = json!({ "new_version": "org.example.no-such-version" });
    try_upgrade(&alice, &old, body).await?.error(400, "M_UNSUPPORTED_ROOM_VERSION")?;
    alice.get(v3!("rooms/{}/state/m.room.tombstone", old)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn missing_version(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let old = room_of(&alice, "10").await?;
    try_upgrade(&alice, &old, json!({})).await?.refused(400).map(drop)
}

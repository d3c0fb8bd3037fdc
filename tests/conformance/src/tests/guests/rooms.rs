//! Guests in rooms.

use super::account::guest;
use super::prelude::*;

tests! { "guests_rooms":
    join, "guest-access", ["POST v3/rooms/{roomId}/join"];
    join_by_alias_or_id, "guest-access", ["POST v3/join/{roomIdOrAlias}"];
    closed_room, "guest-access", ["POST v3/rooms/{roomId}/join M_FORBIDDEN"];
    state_event_missing, "guest-access", ["POST v3/rooms/{roomId}/join M_FORBIDDEN"];
    talk, "guest-access", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    leave, "guest-access", ["POST v3/rooms/{roomId}/leave"];
    preview, "room-previews", ["GET v3/rooms/{roomId}/messages"];
    sent_away, "guest-access", [];
    sent_away_only_guests, "guest-access", [];
    invite_is_not_for_guests, "guest-access", ["POST v3/rooms/{roomId}/invite M_FORBIDDEN"];
}

/// A public room that guests may join, or may not.
async fn room(owner: &User, access: &str) -> Result<String, Failure> {
    let state = json!([{ "type": "m.room.guest_access", "content": { "guest_access": access } }]);
    owner.create_room(json!({ "preset": "public_chat", "initial_state": state })).await
}

async fn join(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let alice = server.user("alice").await?;
    let room = room(&alice, "can_join").await?;
    guest.join(&room).await?;
    ensure_eq!(alice.membership(&room, &guest).await?, "join", "membership of the guest");
    Ok(())
}

async fn join_by_alias_or_id(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let alice = server.user("alice").await?;
    let (open, closed) = (room(&alice, "can_join").await?, room(&alice, "forbidden").await?);
    guest.post(v3!("join/{}", open), json!({})).await?.ok()?;
    guest.post(v3!("join/{}", closed), json!({})).await?.refused(403).map(drop)
}

/// "Servers MUST only allow guest users to join rooms if the `m.room.guest_access` state event is present on the room,
/// and has the `guest_access` value `can_join`."
async fn closed_room(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let alice = server.user("alice").await?;
    for access in ["forbidden", "org.example.sometimes"] {
        let room = room(&alice, access).await?;
        guest.post(v3!("rooms/{}/join", room), json!({})).await?.refused(403)?;
    }
    Ok(())
}

/// The preset `public_chat` sets no `can_join`; what it does set is a server's choice.
async fn state_event_missing(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let alice = server.user("alice").await?;
    let room = alice.public_room().await?;
    let access = alice.get(v3!("rooms/{}/state/m.room.guest_access", room)).await?;
    ensure!(access.json["guest_access"] != "can_join", "public_chat lets guests in: {}", access.brief());
    guest.post(v3!("rooms/{}/join", room), json!({})).await?.refused(403).map(drop)
}

/// "Guests can now send *any* event type rather than just `m.room.message` events."
async fn talk(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let alice = server.user("alice").await?;
    let room = room(&alice, "can_join").await?;
    alice.change_power(&room, json!({ "events": { "org.example.seat": 0 } })).await?;
    guest.join(&room).await?;
    let said = guest.say(&room, "hello").await?;
    guest.send(&room, "org.example.wave", json!({ "hands": 2 })).await?;
    guest.set_state(&room, "org.example.seat", "", json!({ "row": 1 })).await?;
    ensure_eq!(alice.event(&room, &said).await?["sender"], guest.id.as_str(), "sender");
    guest.event(&room, &said).await?;
    guest.all_state(&room).await?;
    guest.get(v3!("rooms/{}/members", room)).await?.ok()?;
    guest.get(v3!("rooms/{}/context/{}", room, said)).await?.ok()?;
    guest.get(format!("{}?dir=b", v3!("rooms/{}/messages", room))).await?.ok()?;
    ensure!(has_event(&guest.first_sync().await?, &room, &said), "its message is not in the sync of the guest");
    Ok(())
}

async fn leave(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let alice = server.user("alice").await?;
    let room = room(&alice, "can_join").await?;
    guest.join(&room).await?;
    guest.leave(&room).await?;
    ensure_eq!(alice.membership(&room, &guest).await?, "leave", "membership of the guest");
    Ok(())
}

/// A guest looks at a room that everybody may read without joining it, and at no other.
async fn preview(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let alice = server.user("alice").await?;
    let readable = json!([
        { "type": "m.room.history_visibility", "content": { "history_visibility": "world_readable" } },
        { "type": "m.room.guest_access", "content": { "guest_access": "can_join" } },
    ]);
    let open = alice.create_room(json!({ "preset": "public_chat", "initial_state": readable })).await?;
    let said = alice.say(&open, "look").await?;
    let chunk = guest.get(format!("{}?dir=b", v3!("rooms/{}/messages", open))).await?.ok()?["chunk"].clone();
    ensure!(ids(chunk.as_array().map(Vec::as_slice).unwrap_or_default()).contains(&said.as_str()), "no preview");
    guest.all_state(&open).await?;
    let closed = room(&alice, "can_join").await?;
    guest.get(format!("{}?dir=b", v3!("rooms/{}/messages", closed))).await?.refused(403).map(drop)
}

/// "If the `m.room.guest_access` event is changed to stop this from being the case, the server MUST set those users'
/// `m.room.member` state to `leave`."
async fn sent_away(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let alice = server.user("alice").await?;
    let room = room(&alice, "can_join").await?;
    guest.join(&room).await?;
    let since = guest.now().await?;
    alice.set_state(&room, "m.room.guest_access", "", json!({ "guest_access": "forbidden" })).await?;
    guest.sync_until(&since, |answer| answer["rooms"]["leave"][&room].is_object()).await?;
    ensure_eq!(alice.membership(&room, &guest).await?, "leave", "membership of the guest");
    guest.try_send(&room, "m.room.message", json!({ "msgtype": "m.text", "body": "?" })).await?.refused(403).map(drop)
}

async fn sent_away_only_guests(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room(&alice, "can_join").await?;
    guest.join(&room).await?;
    bob.join(&room).await?;
    let since = guest.now().await?;
    alice.set_state(&room, "m.room.guest_access", "", json!({ "guest_access": "forbidden" })).await?;
    guest.sync_until(&since, |answer| answer["rooms"]["leave"][&room].is_object()).await?;
    ensure_eq!(alice.membership(&room, &bob).await?, "join", "membership of a user");
    ensure_eq!(alice.membership(&room, &alice).await?, "join", "membership of the owner");
    Ok(())
}

async fn invite_is_not_for_guests(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = room(&alice, "can_join").await?;
    guest.join(&room).await?;
    guest.act("invite", &room, &bob).await?.refused(403).map(drop)
}

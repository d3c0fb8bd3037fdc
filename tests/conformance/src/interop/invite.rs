//! Inviting a user of the other server.

use super::prelude::*;

tests! { "invite":
    accepted, "inviting-to-a-room";
    at_creation, "inviting-to-a-room";
    stripped_state, "inviting-to-a-room";
    direct, "inviting-to-a-room";
    rejected, "leaving-rooms-rejecting-invites";
    withdrawn, "inviting-to-a-room";
    by_one_who_joined, "inviting-to-a-room";
    into_a_room_that_is_there, "inviting-to-a-room";
    version_6, "inviting-to-a-room";
    version_10, "inviting-to-a-room";
    unknown_user, "inviting-to-a-room";
}

async fn accepted(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    bob.see_room("invite", &room).await?;
    bob.join_via(&room, &alice.server).await?;
    alice.see_membership(&room, &bob, "join").await?;
    let event = bob.say(&room, "thank you").await?;
    alice.receive(&room, &event).await.map(drop)
}

/// The room's id names no server in version 12: without `via` the join goes to whoever invited.
async fn at_creation(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.create_room(json!({ "preset": "trusted_private_chat", "invite": [bob.id] })).await?;
    bob.see_room("invite", &room).await?;
    bob.join(&room).await?;
    alice.see_membership(&room, &bob, "join").await.map(drop)
}

async fn stripped_state(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.create_room(json!({ "preset": "private_chat", "name": "The den" })).await?;
    alice.invite(&room, &bob).await?;
    let invited = bob.see_room("invite", &room).await?;
    let state = events(&invited, "invite_state");
    ensure_eq!(find(state, "m.room.name", "").map(|event| &event["content"]["name"]), Some(&json!("The den")), "name");
    ensure!(find(state, "m.room.create", "").is_some(), "m.room.create should be in {state:?}");
    ensure!(find(state, "m.room.join_rules", "").is_some(), "m.room.join_rules should be in {state:?}");
    let own = find(state, "m.room.member", &bob.id).ok_or_else(|| Failure::new("the invite should be there"))?;
    ensure_eq!((&own["content"]["membership"], &own["sender"]), (&json!("invite"), &json!(alice.id)), "the invite");
    for event in state {
        ensure!(
            event.get("event_id").is_none() && event.get("hashes").is_none(),
            "stripped state says no more: {event}"
        );
    }
    Ok(())
}

async fn direct(Pair { alice, bob }: Pair) -> Outcome {
    let body = json!({ "preset": "trusted_private_chat", "is_direct": true, "invite": [bob.id] });
    let room = alice.create_room(body).await?;
    let invited = bob.see_room("invite", &room).await?;
    let own = find(events(&invited, "invite_state"), "m.room.member", &bob.id).cloned().unwrap_or_default();
    ensure_eq!(own["content"]["is_direct"], true, "is_direct of the invite");
    Ok(())
}

async fn rejected(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    bob.see_room("invite", &room).await?;
    let since = bob.now().await?;
    bob.leave(&room).await?;
    alice.see_membership(&room, &bob, "leave").await?;
    bob.sync_until(&since, |answer| answer["rooms"]["leave"][&room].is_object()).await?;
    let answer = bob.first_sync().await?;
    ensure!(answer["rooms"]["invite"].get(&room).is_none(), "a rejected invite should be gone");
    bob.try_join_via(&room, &alice.server).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn withdrawn(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    bob.see_room("invite", &room).await?;
    let since = bob.now().await?;
    alice.act("kick", &room, &bob).await?.ok()?;
    bob.sync_until(&since, |answer| answer["rooms"]["leave"][&room].is_object()).await.map(drop)
}

async fn by_one_who_joined(pair: Pair) -> Outcome {
    let room = pair.shared_room().await?;
    let carol = pair.alice.server.user("carol").await?;
    pair.alice.change_power(&room, json!({ "invite": 0 })).await?;
    let levels = pair.alice.state(&room, "m.room.power_levels", "").await?;
    pair.bob.see_state(&room, "m.room.power_levels", "", levels).await?;
    pair.bob.invite(&room, &carol).await?;
    carol.see_room("invite", &room).await?;
    // Her server hears of it twice, and what she does builds on what stands in the room.
    pair.alice.see_membership(&room, &carol, "invite").await?;
    carol.join(&room).await?;
    pair.bob.see_membership(&room, &carol, "join").await.map(drop)
}

async fn into_a_room_that_is_there(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let carol = bob.server.user("carol").await?;
    let room = alice.private_room().await?;
    alice.invite(&room, bob).await?;
    bob.see_room("invite", &room).await?;
    bob.join_via(&room, &alice.server).await?;
    alice.see_membership(&room, bob, "join").await?;
    alice.invite(&room, &carol).await?;
    carol.see_room("invite", &room).await?;
    // Her server hears of it twice, and lets her in when it stands in the room.
    bob.see_membership(&room, &carol, "invite").await?;
    carol.join(&room).await?;
    alice.see_membership(&room, &carol, "join").await.map(drop)
}

async fn version(Pair { alice, bob }: Pair, version: &str) -> Outcome {
    let room = alice.create_room(json!({ "room_version": version, "invite": [bob.id] })).await?;
    bob.see_room("invite", &room).await?;
    bob.join(&room).await?;
    alice.see_membership(&room, &bob, "join").await.map(drop)
}

async fn version_6(pair: Pair) -> Outcome {
    version(pair, "6").await
}

async fn version_10(pair: Pair) -> Outcome {
    version(pair, "10").await
}

async fn unknown_user(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.private_room().await?;
    let nobody = format!("@{}:{}", alice.server.fresh("nobody"), bob.server.name());
    let reply = alice.post(v3!("rooms/{}/invite", room), json!({ "user_id": nobody })).await?;
    ensure!(reply.status < 500, "an invite of somebody who may not exist is no fault of ours: {}", reply.brief());
    Ok(())
}

//! Knocking at a room of the other server.

use super::prelude::*;

tests! { "knock":
    let_in, "knocking-upon-a-room";
    stripped_state, "knocking-upon-a-room";
    turned_away, "knocking-upon-a-room";
    taken_back, "leaving-rooms-rejecting-invites";
    not_where_one_cannot, "knocking-upon-a-room";
}

async fn knocked(Pair { alice, bob }: &Pair, version: &str) -> Result<String, Failure> {
    let rules = json!([{ "type": "m.room.join_rules", "content": { "join_rule": "knock" } }]);
    let body = json!({ "name": "The club", "initial_state": rules, "room_version": version });
    let room = alice.create_room(body).await?;
    let via = encode(alice.server.name());
    let path = format!("{}?via={via}&server_name={via}", v3!("knock/{}", room));
    bob.post(path, json!({ "reason": "please" })).await?.ok()?;
    let member = alice.see_membership(&room, bob, "knock").await?;
    ensure_eq!(member["reason"], "please", "the reason");
    Ok(room)
}

async fn let_in(pair: Pair) -> Outcome {
    let room = knocked(&pair, "12").await?;
    let Pair { alice, bob } = &pair;
    alice.invite(&room, bob).await?;
    bob.see_room("invite", &room).await?;
    bob.join_via(&room, &alice.server).await?;
    alice.see_membership(&room, bob, "join").await.map(drop)
}

async fn stripped_state(pair: Pair) -> Outcome {
    let room = knocked(&pair, "12").await?;
    let knock = pair.bob.see_room("knock", &room).await?;
    let state = events(&knock, "knock_state");
    ensure_eq!(find(state, "m.room.name", "").map(|event| &event["content"]["name"]), Some(&json!("The club")), "name");
    ensure!(find(state, "m.room.member", &pair.bob.id).is_some(), "the knock should be there");
    Ok(())
}

async fn turned_away(pair: Pair) -> Outcome {
    let room = knocked(&pair, "12").await?;
    let Pair { alice, bob } = &pair;
    bob.see_room("knock", &room).await?;
    let since = bob.now().await?;
    alice.act("kick", &room, bob).await?.ok()?;
    bob.sync_until(&since, |answer| answer["rooms"]["leave"][&room].is_object()).await.map(drop)
}

/// In a version whose room ids name a server: of others Synapse does not know whom to tell.
async fn taken_back(pair: Pair) -> Outcome {
    let room = knocked(&pair, "11").await?;
    pair.bob.leave(&room).await?;
    pair.alice.see_membership(&room, &pair.bob, "leave").await.map(drop)
}

async fn not_where_one_cannot(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.private_room().await?;
    let via = encode(alice.server.name());
    let path = format!("{}?via={via}&server_name={via}", v3!("knock/{}", room));
    bob.post(path, json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

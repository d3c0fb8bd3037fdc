//! Leaving, and being sent out of, a room of the other server.

use super::prelude::*;

tests! { "leave":
    leave, "leaving-rooms-rejecting-invites";
    kick, "transactions";
    ban, "transactions";
    unban, "transactions";
    ban_by_the_other_side, "transactions";
    nothing_after_leaving, "transactions";
    acl, "server-access-control-lists-acls";
}

async fn leave(pair: Pair) -> Outcome {
    let room = pair.shared_room().await?;
    pair.bob.leave(&room).await?;
    pair.alice.see_membership(&room, &pair.bob, "leave").await.map(drop)
}

/// Bob is kicked or banned from a room of both, and his server has heard of it; gives the room.
async fn sent_out(pair: &Pair, action: &str) -> Result<String, Failure> {
    let Pair { alice, bob } = pair;
    let room = pair.shared_room().await?;
    alice.see_membership(&room, bob, "join").await?;
    let since = bob.now().await?;
    alice.act(action, &room, bob).await?.ok()?;
    bob.sync_until(&since, |answer| answer["rooms"]["leave"][&room].is_object()).await?;
    Ok(room)
}

/// The leave reaches the one who was sent out, though their server is no longer in the room.
async fn kick(pair: Pair) -> Outcome {
    let room = sent_out(&pair, "kick").await?;
    let Pair { alice, bob } = &pair;
    bob.join_via(&room, &alice.server).await?;
    alice.see_membership(&room, bob, "join").await.map(drop)
}

async fn ban(pair: Pair) -> Outcome {
    let room = sent_out(&pair, "ban").await?;
    pair.bob.try_join_via(&room, &pair.alice.server).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn unban(pair: Pair) -> Outcome {
    // As long as his server has not heard of the ban, bob is in the room and need not join.
    let room = sent_out(&pair, "ban").await?;
    let Pair { alice, bob } = &pair;
    alice.act("unban", &room, bob).await?.ok()?;
    bob.join_via(&room, &alice.server).await?;
    alice.see_membership(&room, bob, "join").await.map(drop)
}

async fn ban_by_the_other_side(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let carol = alice.server.user("carol").await?;
    carol.join(&room).await?;
    alice.change_power(&room, json!({ "users": { bob.id.clone(): 50 } })).await?;
    bob.see_membership(&room, &carol, "join").await?;
    let levels = alice.state(&room, "m.room.power_levels", "").await?;
    bob.see_state(&room, "m.room.power_levels", "", levels).await?;
    bob.act("ban", &room, &carol).await?.ok()?;
    alice.see_membership(&room, &carol, "ban").await?;
    carol.try_send(&room, "m.room.message", json!({ "body": "?", "msgtype": "m.text" })).await?.refused(403).map(drop)
}

async fn nothing_after_leaving(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    alice.set_state(&room, "m.room.history_visibility", "", json!({ "history_visibility": "joined" })).await?;
    bob.leave(&room).await?;
    alice.see_membership(&room, bob, "leave").await?;
    let event = alice.say(&room, "between us").await?;
    let other = pair.shared_room().await?;
    let marker = alice.say(&other, "later").await?;
    bob.receive(&other, &marker).await?;
    let reply = bob.get(v3!("rooms/{}/event/{}", room, event)).await?;
    ensure!([403, 404].contains(&reply.status), "who has left should not read on: {}", reply.brief());
    Ok(())
}

async fn acl(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let before = bob.say(&room, "before").await?;
    alice.receive(&room, &before).await?;
    // Ports are not compared: the two servers must have names that differ in more.
    let host = |user: &User| user.server.name().rsplit_once(':').map_or("", |(host, _)| host).to_owned();
    ensure!(host(alice) != host(bob), "the servers must not be on one host, as localhost:1 and 127.0.0.1:2");
    let rules = json!({ "allow": ["*"], "deny": [host(bob)], "allow_ip_literals": true });
    alice.set_state(&room, "m.room.server_acl", "", rules).await?;
    let other = pair.shared_room().await?;
    let shut_out = bob.say(&room, "after").await?;
    let marker = bob.say(&other, "marker").await?;
    alice.receive(&other, &marker).await?;
    let reply = alice.get(v3!("rooms/{}/event/{}", room, shut_out)).await?;
    ensure_eq!(reply.status, 404, "what a server sends that the room denies");
    Ok(())
}

//! Rooms that members of other rooms may join, over two servers.

use super::prelude::*;

tests! { "restricted":
    member_of_the_other_room, "restricted-rooms";
    stranger, "restricted-rooms";
    after_leaving_the_other_room, "restricted-rooms";
    knock_restricted, "restricted-rooms";
    second_user_of_the_server, "restricted-rooms";
}

async fn restricted(alice: &User, rule: &str, version: &str) -> Result<(String, String), Failure> {
    let open = alice.public_room().await?;
    let allow = json!([{ "type": "m.room_membership", "room_id": open }]);
    let rules = json!([{ "type": "m.room.join_rules", "content": { "join_rule": rule, "allow": allow } }]);
    let closed = alice.create_room(json!({ "room_version": version, "initial_state": rules })).await?;
    Ok((open, closed))
}

async fn member_of_the_other_room(Pair { alice, bob }: Pair) -> Outcome {
    for version in ["8", "10", "12"] {
        let (open, closed) = restricted(&alice, "restricted", version).await?;
        bob.join_via(&open, &alice.server).await?;
        bob.join_via(&closed, &alice.server).await?;
        let member = alice.see_membership(&closed, &bob, "join").await?;
        ensure_eq!(member["join_authorised_via_users_server"], alice.id.as_str(), "who vouched, version {version}");
        let event = bob.say(&closed, "inside").await?;
        alice.receive(&closed, &event).await?;
    }
    Ok(())
}

async fn stranger(Pair { alice, bob }: Pair) -> Outcome {
    let (_, closed) = restricted(&alice, "restricted", "12").await?;
    let reply = bob.try_join_via(&closed, &alice.server).await?;
    ensure!([400, 403].contains(&reply.status), "a stranger should be refused: {}", reply.brief());
    ensure_eq!(alice.membership(&closed, &bob).await?, "none", "the stranger's membership");
    Ok(())
}

async fn after_leaving_the_other_room(Pair { alice, bob }: Pair) -> Outcome {
    let (open, closed) = restricted(&alice, "restricted", "12").await?;
    bob.join_via(&open, &alice.server).await?;
    bob.leave(&open).await?;
    alice.see_membership(&open, &bob, "leave").await?;
    let reply = bob.try_join_via(&closed, &alice.server).await?;
    ensure!([400, 403].contains(&reply.status), "who has left should be refused: {}", reply.brief());
    Ok(())
}

async fn knock_restricted(Pair { alice, bob }: Pair) -> Outcome {
    let (open, closed) = restricted(&alice, "knock_restricted", "12").await?;
    let via = encode(alice.server.name());
    bob.post(format!("{}?via={via}&server_name={via}", v3!("knock/{}", closed)), json!({})).await?.ok()?;
    alice.see_membership(&closed, &bob, "knock").await?;
    bob.join_via(&open, &alice.server).await?;
    bob.join_via(&closed, &alice.server).await?;
    alice.see_membership(&closed, &bob, "join").await.map(drop)
}

/// The second one comes from a server that is in the room, but has nobody who may vouch.
async fn second_user_of_the_server(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let (open, closed) = restricted(alice, "restricted", "12").await?;
    alice.change_power(&closed, json!({ "invite": 50 })).await?;
    bob.join_via(&open, &alice.server).await?;
    bob.join_via(&closed, &alice.server).await?;
    alice.see_membership(&closed, bob, "join").await?;
    let carol = bob.server.user("carol").await?;
    carol.join_via(&open, &alice.server).await?;
    alice.see_membership(&open, &carol, "join").await?;
    carol.join_via(&closed, &alice.server).await?;
    alice.see_membership(&closed, &carol, "join").await.map(drop)
}

//! Joining a room of the other server.

use super::prelude::*;

tests! { "join":
    by_id, "joining-rooms";
    by_alias, "joining-rooms";
    version_6, "joining-rooms";
    version_7, "joining-rooms";
    version_8, "joining-rooms";
    version_9, "joining-rooms";
    version_10, "joining-rooms";
    version_11, "joining-rooms";
    version_12, "joining-rooms";
    state_is_the_same, "joining-rooms";
    members_are_the_same, "joining-rooms";
    private_is_refused, "joining-rooms";
    unknown_room, "joining-rooms";
    second_user_joins_locally, "joining-rooms";
    again_after_leaving, "joining-rooms";
}

async fn by_id(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.public_room().await?;
    let since = bob.now().await?;
    bob.join_via(&room, &alice.server).await?;
    let answer = bob.sync_until(&since, |answer| joined(answer, &room).is_object()).await?;
    let (state, timeline) = (events(joined(&answer, &room), "state"), events(joined(&answer, &room), "timeline"));
    let all: Vec<Value> = state.iter().chain(timeline).cloned().collect();
    for kind in ["m.room.create", "m.room.power_levels", "m.room.join_rules"] {
        ensure!(find(&all, kind, "").is_some(), "{kind} should come with the joined room");
    }
    ensure!(find(&all, "m.room.member", &alice.id).is_some(), "who was there should come with the joined room");
    alice.see_membership(&room, &bob, "join").await.map(drop)
}

async fn by_alias(Pair { alice, bob }: Pair) -> Outcome {
    let name = alice.server.fresh("alias");
    let room = alice.create_room(json!({ "preset": "public_chat", "room_alias_name": name })).await?;
    let alias = format!("#{name}:{}", alice.server.name());
    let answer = bob.post(v3!("join/{}", alias), json!({})).await?.ok()?;
    ensure_eq!(answer["room_id"], room.as_str(), "the room that was joined");
    alice.see_membership(&room, &bob, "join").await.map(drop)
}

/// A room of a version: joined, and a message each way.
async fn version(Pair { alice, bob }: Pair, version: &str) -> Outcome {
    let room = alice.create_room(json!({ "preset": "public_chat", "room_version": version })).await?;
    bob.join_via(&room, &alice.server).await?;
    let there = bob.say(&room, "from there").await?;
    ensure_eq!(alice.receive(&room, &there).await?["content"]["body"], "from there", "the message from there");
    let here = alice.say(&room, "from here").await?;
    ensure_eq!(bob.receive(&room, &here).await?["content"]["body"], "from here", "the message from here");
    Ok(())
}

async fn version_6(pair: Pair) -> Outcome {
    version(pair, "6").await
}

async fn version_7(pair: Pair) -> Outcome {
    version(pair, "7").await
}

async fn version_8(pair: Pair) -> Outcome {
    version(pair, "8").await
}

async fn version_9(pair: Pair) -> Outcome {
    version(pair, "9").await
}

async fn version_10(pair: Pair) -> Outcome {
    version(pair, "10").await
}

async fn version_11(pair: Pair) -> Outcome {
    version(pair, "11").await
}

async fn version_12(pair: Pair) -> Outcome {
    version(pair, "12").await
}

async fn state_is_the_same(pair: Pair) -> Outcome {
    let room = pair.shared_room().await?;
    let sorted = |state: Vec<Value>| {
        let mut ids: Vec<String> = ids(&state).into_iter().map(str::to_owned).collect();
        ids.sort();
        ids
    };
    pair.alice.see_membership(&room, &pair.bob, "join").await?;
    let (here, there) = (sorted(pair.alice.all_state(&room).await?), sorted(pair.bob.all_state(&room).await?));
    ensure_eq!(there, here, "the state of the room");
    Ok(())
}

async fn members_are_the_same(pair: Pair) -> Outcome {
    let room = pair.shared_room().await?;
    pair.alice.see_membership(&room, &pair.bob, "join").await?;
    for user in [&pair.alice, &pair.bob] {
        let members = user.get(v3!("rooms/{}/joined_members", room)).await?.ok()?;
        let count = members["joined"].as_object().map_or(0, |members| members.len());
        ensure_eq!(count, 2, "joined members at {user}");
    }
    Ok(())
}

async fn private_is_refused(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.private_room().await?;
    bob.try_join_via(&room, &alice.server).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn unknown_room(Pair { alice, bob }: Pair) -> Outcome {
    let room = format!("!nobody:{}", alice.server.name());
    let reply = bob.try_join_via(&room, &alice.server).await?;
    ensure!([404, 502].contains(&reply.status), "an unknown room should answer 404, answered {}", reply.brief());
    Ok(())
}

async fn second_user_joins_locally(pair: Pair) -> Outcome {
    let room = pair.shared_room().await?;
    let carol = pair.bob.server.user("carol").await?;
    // A server that has taken the room over only in part asks the other one even now, and finds no way.
    wait_for("a join without the network".to_owned(), || async {
        Ok((carol.post(v3!("rooms/{}/join", room), json!({})).await?.status == 200).then_some(()))
    })
    .await?;
    pair.alice.see_membership(&room, &carol, "join").await?;
    let event = carol.say(&room, "me too").await?;
    pair.alice.receive(&room, &event).await.map(drop)
}

async fn again_after_leaving(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    bob.leave(&room).await?;
    alice.see_membership(&room, bob, "leave").await?;
    alice.set_state(&room, "m.room.topic", "", json!({ "topic": "while you were out" })).await?;
    alice.say(&room, "you do not hear this").await?;
    bob.join_via(&room, &alice.server).await?;
    bob.see_state(&room, "m.room.topic", "", json!({ "topic": "while you were out" })).await?;
    alice.see_membership(&room, bob, "join").await?;
    let event = alice.say(&room, "welcome back").await?;
    bob.receive(&room, &event).await.map(drop)
}

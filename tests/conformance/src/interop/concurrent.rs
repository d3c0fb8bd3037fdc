//! Both sides change a room at the same time: in the end both have the same.

use super::prelude::*;

tests! { "concurrent":
    messages, "transactions";
    state_ends_equal, "state-resolution";
    power_struggle_ends_equal, "state-resolution";
    bans_and_joins_end_equal, "state-resolution";
}

/// A room in which Bob may change state, too.
async fn shared_power(pair: &Pair) -> Result<String, Failure> {
    let Pair { alice, bob } = pair;
    let room = pair.shared_room().await?;
    alice.change_power(&room, json!({ "users": { bob.id.clone(): 90 } })).await?;
    let levels = alice.state(&room, "m.room.power_levels", "").await?;
    bob.see_state(&room, "m.room.power_levels", "", levels).await?;
    Ok(room)
}

/// Waits until both sides hold the same state events.
async fn same_state(pair: &Pair, room: &str) -> Outcome {
    let sorted = |state: Vec<Value>| {
        let mut ids: Vec<String> = ids(&state).into_iter().map(str::to_owned).collect();
        ids.sort();
        ids
    };
    // A last event of each side, so that both know all heads.
    let (here, there) = (pair.alice.say(room, "done here").await?, pair.bob.say(room, "done there").await?);
    pair.bob.receive(room, &here).await?;
    pair.alice.receive(room, &there).await?;
    wait_for("the same state on both sides".to_owned(), || async {
        let here = sorted(pair.alice.all_state(room).await?);
        let there = sorted(pair.bob.all_state(room).await?);
        Ok((here == there).then_some(()))
    })
    .await
}

async fn messages(pair: Pair) -> Outcome {
    let room = pair.shared_room().await?;
    pair.alice.see_membership(&room, &pair.bob, "join").await?;
    let say = |user: &User| {
        let (user, room) = (user.clone(), room.clone());
        async move {
            let mut sent = Vec::new();
            for number in 0..25 {
                sent.push(user.say(&room, &number.to_string()).await?);
            }
            Ok::<_, Failure>(sent)
        }
    };
    let (here, there) = tokio::try_join!(say(&pair.alice), say(&pair.bob))?;
    for event in &here {
        pair.bob.receive(&room, event).await?;
    }
    for event in &there {
        pair.alice.receive(&room, event).await?;
    }
    Ok(())
}

async fn state_ends_equal(pair: Pair) -> Outcome {
    let room = shared_power(&pair).await?;
    let change = |user: &User, word: &'static str| {
        let (user, room) = (user.clone(), room.clone());
        async move {
            for number in 0..10 {
                user.set_state(&room, "m.room.topic", "", json!({ "topic": format!("{word} {number}") })).await?;
                user.set_state(&room, "org.example.shelf", &number.to_string(), json!({ "by": word })).await?;
            }
            Ok::<_, Failure>(())
        }
    };
    tokio::try_join!(change(&pair.alice, "here"), change(&pair.bob, "there"))?;
    same_state(&pair, &room).await
}

async fn power_struggle_ends_equal(pair: Pair) -> Outcome {
    let room = shared_power(&pair).await?;
    let levels = pair.alice.state(&room, "m.room.power_levels", "").await?;
    let change = |user: &User, step: i64| {
        let (user, room, mut levels) = (user.clone(), room.clone(), levels.clone());
        async move {
            for number in 0..5 {
                levels["events"]["m.room.topic"] = json!(50 + number * step);
                // A change that has just arrived may forbid this one: either answer will do.
                user.try_state(&room, "m.room.power_levels", "", levels.clone()).await?;
                user.try_state(&room, "m.room.topic", "", json!({ "topic": number })).await?;
            }
            Ok::<_, Failure>(())
        }
    };
    tokio::try_join!(change(&pair.alice, 1), change(&pair.bob, 2))?;
    same_state(&pair, &room).await
}

async fn bans_and_joins_end_equal(pair: Pair) -> Outcome {
    let room = shared_power(&pair).await?;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(pair.alice.server.user("here").await?);
        others.push(pair.bob.server.user("there").await?);
    }
    let come = async {
        for user in &others {
            user.try_join_via(&room, &pair.alice.server).await?;
        }
        Ok::<_, Failure>(())
    };
    let ban = async {
        for user in &others {
            pair.bob.act("ban", &room, user).await?;
            pair.alice.act("unban", &room, user).await?;
        }
        Ok::<_, Failure>(())
    };
    tokio::try_join!(come, ban)?;
    same_state(&pair, &room).await
}

//! Reading what was said before one's server came.

use super::prelude::*;

tests! { "history":
    paged_back_to_the_beginning, "backfilling-and-retrieving-missing-events";
    after_a_long_absence, "backfilling-and-retrieving-missing-events";
    joined_only, "backfilling-and-retrieving-missing-events";
    redacted_stays_redacted, "backfilling-and-retrieving-missing-events";
    old_state_is_in_its_place, "backfilling-and-retrieving-missing-events";
    timestamp, "backfilling-and-retrieving-missing-events";
    old_is_not_new, "backfilling-and-retrieving-missing-events";
}

/// The ids of all events that `/messages` gives from the end back to the beginning.
async fn all_back(user: &User, room: &str) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut from = String::new();
    for _ in 0..40 {
        let page = user.get(format!("{}?dir=b&limit=20{from}", v3!("rooms/{}/messages", room))).await?.ok()?;
        let chunk = page["chunk"].as_array().cloned().unwrap_or_default();
        found.extend(ids(&chunk).into_iter().map(str::to_owned));
        match page["end"].as_str() {
            Some(end) => from = format!("&from={}", encode(end)),
            None => return Ok(found),
        }
    }
    Err(Failure::new("the history has no beginning"))
}

async fn paged_back_to_the_beginning(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.public_room().await?;
    let mut said = Vec::new();
    for number in 0..70 {
        said.push(alice.say(&room, &number.to_string()).await?);
    }
    bob.join_via(&room, &alice.server).await?;
    wait_for("all of the history".to_owned(), || async {
        let found = all_back(&bob, &room).await?;
        let messages: Vec<&String> = found.iter().filter(|id| said.contains(id)).collect();
        Ok((messages == said.iter().rev().collect::<Vec<_>>()).then_some(()))
    })
    .await
}

async fn after_a_long_absence(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    alice.see_membership(&room, bob, "join").await?;
    bob.leave(&room).await?;
    alice.see_membership(&room, bob, "leave").await?;
    let mut said = Vec::new();
    for number in 0..30 {
        said.push(alice.say(&room, &number.to_string()).await?);
    }
    bob.join_via(&room, &alice.server).await?;
    wait_for("what was missed".to_owned(), || async {
        let found = all_back(bob, &room).await?;
        Ok(said.iter().all(|id| found.contains(id)).then_some(()))
    })
    .await
}

async fn joined_only(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.public_room().await?;
    alice.set_state(&room, "m.room.history_visibility", "", json!({ "history_visibility": "joined" })).await?;
    let secret = alice.say(&room, "before you came").await?;
    bob.join_via(&room, &alice.server).await?;
    let open = alice.say(&room, "welcome").await?;
    // It may be readable by its id a moment before it stands in the history.
    let found = wait_for("what came after the join".to_owned(), || async {
        let found = all_back(&bob, &room).await?;
        Ok(found.contains(&open).then_some(found))
    })
    .await?;
    ensure!(!found.contains(&secret), "only what came after the join may be read");
    Ok(())
}

async fn redacted_stays_redacted(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.public_room().await?;
    let event = alice.say(&room, "oops").await?;
    alice.redact(&room, &event).await?;
    bob.join_via(&room, &alice.server).await?;
    wait_for("the history".to_owned(), || async { Ok(all_back(&bob, &room).await?.contains(&event).then_some(())) })
        .await?;
    let seen = bob.event(&room, &event).await?;
    ensure!(seen["content"].get("body").is_none(), "what was redacted before should be so here: {seen}");
    Ok(())
}

async fn old_state_is_in_its_place(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.public_room().await?;
    let mut said = Vec::new();
    for name in ["first", "second"] {
        alice.set_state(&room, "m.room.name", "", json!({ "name": name })).await?;
        said.push(alice.say(&room, name).await?);
    }
    for number in 0..30 {
        alice.say(&room, &number.to_string()).await?;
    }
    bob.join_via(&room, &alice.server).await?;
    wait_for("the history".to_owned(), || async { Ok(all_back(&bob, &room).await?.contains(&said[0]).then_some(())) })
        .await?;
    let context = bob.get(format!("{}?limit=0", v3!("rooms/{}/context/{}", room, said[0]))).await?.ok()?;
    let state = context["state"].as_array().cloned().unwrap_or_default();
    let name = find(&state, "m.room.name", "").map(|event| event["content"]["name"].clone());
    ensure_eq!(name, Some(json!("first")), "the room's name then");
    Ok(())
}

async fn timestamp(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.public_room().await?;
    // So that the room's first events are of another time.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let old = alice.say(&room, "old").await?;
    let at = alice.event(&room, &old).await?["origin_server_ts"].clone();
    for number in 0..30 {
        alice.say(&room, &number.to_string()).await?;
    }
    bob.join_via(&room, &alice.server).await?;
    let answer = bob.get(format!("{}?ts={at}&dir=f", v1!("rooms/{}/timestamp_to_event", room))).await?.ok()?;
    ensure_eq!(answer["event_id"], old.as_str(), "the event of that time");
    Ok(())
}

async fn old_is_not_new(Pair { alice, bob }: Pair) -> Outcome {
    let room = alice.public_room().await?;
    let mut said = Vec::new();
    for number in 0..40 {
        said.push(alice.say(&room, &number.to_string()).await?);
    }
    bob.join_via(&room, &alice.server).await?;
    bob.see_room("join", &room).await?;
    let since = bob.now().await?;
    wait_for("the history".to_owned(), || async { Ok(all_back(&bob, &room).await?.contains(&said[0]).then_some(())) })
        .await?;
    let answer = bob.sync_since(&since).await?;
    let new = ids(events(joined(&answer, &room), "timeline"));
    ensure!(!new.iter().any(|id| said.iter().any(|old| old == id)), "history should not come as news: {new:?}");
    Ok(())
}

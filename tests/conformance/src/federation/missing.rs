//! What the server under test does when it hears of events whose past it does not know.

use super::prelude::*;

tests! { "missing":
    one_event, "backfilling-and-retrieving-missing-events", [];
    many_events, "backfilling-and-retrieving-missing-events", [];
    state_in_between, "backfilling-and-retrieving-missing-events", [];
    by_state, "backfilling-and-retrieving-missing-events", [];
    two_branches, "room-state-resolution", [];
    old_history, "backfilling-and-retrieving-missing-events", [];
    auth_event_that_is_missing, "checks-performed-on-receipt-of-a-pdu", [];
}

/// Says something that is kept at the peer and not sent.
fn withheld(stage: &Stage, room: &str, body: &str) -> Result<Event, Failure> {
    let event = stage.message(room, body)?;
    stage.keep(room, &event);
    Ok(event)
}

async fn one_event(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let held = withheld(&stage, &room, "held back")?;
    stage.say(&room, "sent").await?;
    stage.alice.receive(&room, &held.id).await.map(drop)
}

async fn many_events(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut held = Vec::new();
    for number in 0..8 {
        held.push(withheld(&stage, &room, &format!("held back {number}"))?);
    }
    stage.say(&room, "sent").await?;
    for event in held {
        stage.alice.receive(&room, &event.id).await?;
    }
    Ok(())
}

async fn state_in_between(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let content = json!({ "topic": "held back" });
    let topic = stage.event(&room, "m.room.topic", Some(""), content.clone())?;
    stage.keep(&room, &topic);
    stage.say(&room, "sent").await?;
    stage.alice.see_state(&room, "m.room.topic", "", content).await.map(drop)
}

/// The events in between are given in part: then the state before the first of them must be asked for.
async fn by_state(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let content = json!({ "topic": "held back" });
    let topic = stage.event(&room, "m.room.topic", Some(""), content.clone())?;
    stage.keep(&room, &topic);
    let given = withheld(&stage, &room, "given")?;
    stage.peer.lie("get_missing_events", &room, move |_, honest| {
        honest.changed(|answer| {
            if let Some(events) = answer["events"].as_array_mut() {
                events.retain(|pdu| event_id(pdu, 11) == given.id);
            }
        })
    });
    stage.say(&room, "sent").await?;
    stage.alice.see_state(&room, "m.room.topic", "", content).await?;
    let asked = [stage.peer.asked("state_ids", &room), stage.peer.asked("state", &room)].concat();
    ensure!(!asked.is_empty(), "the state before the event that is given should have been asked for");
    Ok(())
}

/// Both sides change the state at once; an event that follows both joins them.
async fn two_branches(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let before = stage.peer.room(&room)?;
    let ours = stage.event(&room, "m.room.name", Some(""), json!({ "name": "of the one" }))?;
    stage.keep(&room, &ours);
    let mut fork = before.clone();
    let theirs = finish(
        fork.draft(&stage.bob, "m.room.topic", Some(""), json!({ "topic": "of the other" })),
        11,
        &stage.peer.me,
    );
    fork.add(&theirs);
    stage.peer.transact(&[theirs.clone(), ours.clone()]).await?;
    stage.peer.change(&room, |room| {
        room.know(&theirs);
        room.before.insert(theirs.id.clone(), before.state.clone());
        room.set(&theirs);
        room.heads = vec![ours.id.clone(), theirs.id.clone()];
    });
    stage.say(&room, "both are true").await?;
    stage.alice.see_state(&room, "m.room.name", "", json!({ "name": "of the one" })).await?;
    stage.alice.see_state(&room, "m.room.topic", "", json!({ "topic": "of the other" })).await.map(drop)
}

/// A client that reads back beyond the join gets what the peer has.
async fn old_history(stage: Stage) -> Outcome {
    let room = stage.hosted()?;
    let mut old = Vec::new();
    for number in 0..5 {
        old.push(withheld(&stage, &room, &format!("long ago {number}"))?);
    }
    stage.join(&room).await?;
    wait_for("old history".to_owned(), || async {
        let path = format!("{}?dir=b&limit=100", v3!("rooms/{}/messages", room));
        let chunk = stage.alice.get(path).await?.ok()?["chunk"].as_array().cloned().unwrap_or_default();
        let there = ids(&chunk);
        Ok(old.iter().all(|event| there.contains(&event.id.as_str())).then_some(()))
    })
    .await
}

/// An event that names an auth event which was never sent: it is asked for.
async fn auth_event_that_is_missing(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let mut content = stage.peer.room(&room)?.content("m.room.power_levels", "");
    content["kick"] = json!(51);
    let power = stage.event(&room, "m.room.power_levels", Some(""), content)?;
    stage.keep(&room, &power);
    stage.say(&room, "by new powers").await?;
    stage.alice.see_state(&room, "m.room.power_levels", "", json!({ "kick": 51 })).await.map(drop)
}

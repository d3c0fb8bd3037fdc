//! Good answers to other questions than the one that was asked.

use super::gaps::{KNOWN, MANY, a_little_is_told, furnish, furnished, hidden, told_once};
use super::prelude::*;

tests! { "lies_other_answers":
    another_event, "retrieving-events", [];
    state_of_another_room, "retrieving-events", [];
    state_with_the_event_in_it, "retrieving-events", [];
    auth_chain_of_another_room, "retrieving-event-authorisation-information", [];
}

/// Another room of Bob's, under a name that nobody may see in the one that was asked about.
fn elsewhere(stage: &Stage) -> Result<Room, Failure> {
    let other = stage.hosted()?;
    let name = stage.event(&other, "m.room.name", Some(""), json!({ "name": FALSE }))?;
    stage.keep(&other, &name);
    stage.peer.room(&other)
}

/// The room has no name.
async fn nameless(stage: &Stage, room: &str) -> Outcome {
    let state = json!(stage.alice.all_state(room).await?).to_string();
    ensure!(!state.contains(FALSE), "the state of another room: {state}");
    Ok(())
}

/// Whole and signed, of the same room, but nobody has asked for it.
async fn another_event(stage: Stage) -> Outcome {
    let room = furnished(&stage, KNOWN).await?;
    let before = stage.peer.room(&room)?;
    let other = stage.message(&room, FALSE)?;
    let topic = hidden(&stage, &room)?;
    a_little_is_told(&stage, &room)?;
    let pdu = other.pdu.clone();
    let told = Told::new(
        &stage.peer,
        "event",
        &topic.id,
        |_| true,
        move |_, honest| honest.changed(|answer| answer["pdus"] = json!([pdu])),
    );
    told_once(&stage, before, &told, "an event").await?;
    let reply = stage.alice.get(v3!("rooms/{}/event/{}", room, other.id)).await?;
    ensure!(reply.status != 200, "an event that nobody asked for: {}", reply.brief());
    Ok(())
}

async fn state_of_another_room(stage: Stage) -> Outcome {
    let (room, other) = (furnished(&stage, 0).await?, elsewhere(&stage)?);
    let before = stage.peer.room(&room)?;
    furnish(&stage, &room, MANY, "not told")?;
    hidden(&stage, &room)?;
    a_little_is_told(&stage, &room)?;
    let told = Told::new(
        &stage.peer,
        "state",
        &room,
        |_| true,
        move |_, _| {
            let chain = other.pdus(&other.auth_chain(other.state.values()));
            Answer::ok(json!({ "pdus": other.pdus(other.state.values()), "auth_chain": chain }))
        },
    );
    told_once(&stage, before, &told, "a state").await?;
    nameless(&stage, &room).await
}

/// The state before an event, of which the event is said to be a part.
async fn state_with_the_event_in_it(stage: Stage) -> Outcome {
    let room = furnished(&stage, 0).await?;
    let before = stage.peer.room(&room)?;
    hidden(&stage, &room)?;
    a_little_is_told(&stage, &room)?;
    let told = Told::new(
        &stage.peer,
        "state_ids",
        &room,
        |_| true,
        |request, honest| {
            let event = request.argument("event_id").to_owned();
            honest.changed(|answer| {
                if let Some(ids) = answer["pdu_ids"].as_array_mut() {
                    ids.push(json!(event));
                }
            })
        },
    );
    told_once(&stage, before, &told, "the ids of a state").await
}

/// The message names power levels that nobody knows, and the chain that is told leads elsewhere.
async fn auth_chain_of_another_room(stage: Stage) -> Outcome {
    let (room, other) = (stage.joined().await?, elsewhere(&stage)?);
    let invented = format!("${}", "A".repeat(43));
    let event =
        stage.changed(&room, "m.room.message", None, json!({ "body": FALSE, "msgtype": "m.text" }), |draft| {
            draft["auth_events"] = json!([invented]);
        })?;
    let told = Told::new(
        &stage.peer,
        "event_auth",
        &room,
        |_| true,
        move |_, _| Answer::ok(json!({ "auth_chain": other.pdus(other.state.values()) })),
    );
    stage.peer.transact(&[event.clone()]).await?;
    told.once("an auth chain").await?;
    goes_on(&stage).await?;
    stage.absent(&room, &[event]).await?;
    nameless(&stage, &room).await
}

//! Lies about what an event was allowed by: it names power levels that were never told of, and its auth chain is asked for.

use super::falsehood::{self, Falsehood};
use super::prelude::*;

/// All tests of this file.
pub fn tests() -> Vec<Test> {
    [
        forms!("event_auth", "retrieving-event-authorisation-information", form),
        falsehoods!("event_auth", "retrieving-event-authorisation-information", false_power),
    ]
    .concat()
}

/// Power levels of Bob's, which he keeps for himself.
fn power(stage: &Stage, room: &str) -> Result<Value, Failure> {
    let known = stage.peer.room(room)?;
    let mut content = known.content("m.room.power_levels", "");
    content["kick"] = json!(51);
    Ok(known.draft(&stage.bob, "m.room.power_levels", Some(""), content))
}

/// A message that names these power levels among its auth events, in the place of those that are known.
fn authorised(stage: &Stage, room: &str, power: &Event) -> Result<Event, Failure> {
    let old = stage.peer.room(room)?.state_id("m.room.power_levels", "").cloned();
    let content = json!({ "body": FALSE, "msgtype": "m.text" });
    let event = stage.changed(room, "m.room.message", None, content, |draft| {
        for id in draft["auth_events"].as_array_mut().into_iter().flatten() {
            if id.as_str() == old.as_deref() {
                *id = json!(power.id);
            }
        }
    })?;
    // Whoever asks the peer is told of both.
    stage.peer.change(room, |room| {
        room.know(power);
        room.know(&event);
    });
    Ok(event)
}

/// Whether the message is taken or not, the room goes on, and so does everything else.
async fn form(stage: Stage, lie: Form) -> Outcome {
    let room = stage.joined().await?;
    let power = finish(power(&stage, &room)?, 11, &stage.peer.me);
    let event = authorised(&stage, &room, &power)?;
    let told = Told::new(&stage.peer, "event_auth", &room, |_| true, move |_, honest| lie(honest));
    stage.peer.transact(&[event]).await?;
    told.once("an auth chain").await?;
    goes_on(&stage).await?;
    told.take_back();
    goes_on_in(&stage, &room).await
}

/// What is false allows nothing.
async fn false_power(stage: Stage, kind: Falsehood) -> Outcome {
    let room = stage.joined().await?;
    let power = kind(&stage, power(&stage, &room)?)?;
    let event = authorised(&stage, &room, &power)?;
    stage.peer.transact(&[event.clone()]).await?;
    wait_for("a question for an auth chain".to_owned(), || async {
        Ok((!stage.peer.asked("event_auth", &room).is_empty()).then_some(()))
    })
    .await?;
    goes_on(&stage).await?;
    stage.absent(&room, &[event, power]).await?;
    let levels = stage.alice.state(&room, "m.room.power_levels", "").await?;
    ensure!(levels["kick"].is_null(), "power levels that are none: {levels}");
    Ok(())
}

//! Lies about what happened before Alice came into a room.

use super::falsehood::{self, Falsehood};
use super::prelude::*;

/// All tests of this file.
pub fn tests() -> Vec<Test> {
    [
        forms!("backfill", "backfilling-and-retrieving-missing-events", form),
        falsehoods!("backfill", "backfilling-and-retrieving-missing-events", false_history),
    ]
    .concat()
}

/// Alice reads a room's history.
async fn history(stage: &Stage, room: &str) -> Result<Reply, Failure> {
    stage.alice.get(format!("{}?dir=b&limit=100", v3!("rooms/{}/messages", room))).await
}

/// She reads until her server has asked for more, and whenever she does she is answered.
async fn read(stage: &Stage, room: &str) -> Outcome {
    wait_for("a question for old history".to_owned(), || async {
        let reply = history(stage, room).await?;
        ensure_eq!(reply.status, 200, "the history that is here: {}", reply.brief());
        harmless(&reply)?;
        Ok((!stage.peer.asked("backfill", room).is_empty()).then_some(()))
    })
    .await?;
    harmless(&history(stage, room).await?)
}

async fn form(stage: Stage, lie: Form) -> Outcome {
    let room = stage.hosted()?;
    for number in 0..3 {
        let event = stage.message(&room, &format!("long ago {number}"))?;
        stage.keep(&room, &event);
    }
    stage.join(&room).await?;
    let told = Told::new(&stage.peer, "backfill", &room, |_| true, move |_, honest| lie(honest));
    read(&stage, &room).await?;
    told.once("old history").await?;
    told.take_back();
    goes_on_in(&stage, &room).await?;
    goes_on(&stage).await
}

/// A message among others of which nothing is true. Those around it may be had or not.
async fn false_history(stage: Stage, kind: Falsehood) -> Outcome {
    let room = stage.hosted()?;
    let draft = stage.peer.room(&room)?.draft(&stage.bob, "m.room.message", None, json!({ "body": FALSE }));
    let event = kind(&stage, draft)?;
    stage.keep(&room, &event);
    let after = stage.message(&room, "long ago")?;
    stage.keep(&room, &after);
    stage.join(&room).await?;
    read(&stage, &room).await?;
    goes_on_in(&stage, &room).await?;
    harmless(&history(&stage, &room).await?)?;
    let reply = stage.alice.get(v3!("rooms/{}/event/{}", room, event.id)).await?;
    ensure!(reply.status != 200, "this got in: {}", reply.brief());
    goes_on(&stage).await
}

//! Lies about what lies between an event and what is known of its room: missing events, a state, its events one by one.
//!
//! Alice is in a room of Bob's. There something happens that he does not tell of, and then he says something.

use super::falsehood::{self, Falsehood, unread};
use super::prelude::*;

/// All tests of this file.
pub fn tests() -> Vec<Test> {
    [
        forms!("missing_events", "backfilling-and-retrieving-missing-events", missing_events),
        falsehoods!("missing_events", "backfilling-and-retrieving-missing-events", false_missing_event),
        forms!("state_ids", "retrieving-events", state_ids),
        forms!("state", "retrieving-events", state),
        falsehoods!("state", "retrieving-events", false_in_state),
        forms!("event", "retrieving-events", event),
        falsehoods!("event", "retrieving-events", false_event),
    ]
    .concat()
}

/// State events of which nothing is known yet: above a hundred a state is asked for as a whole.
pub const MANY: usize = 120;
/// So many that are known make a server ask for a single one that is missing.
pub const KNOWN: usize = 40;

/// A room of Bob's with so many more state events, which Alice has joined.
pub async fn furnished(stage: &Stage, known: usize) -> Result<String, Failure> {
    let room = stage.hosted()?;
    furnish(stage, &room, known, "known")?;
    stage.join(&room).await?;
    Ok(room)
}

/// Puts state events at the end of a room, without sending them.
pub fn furnish(stage: &Stage, room: &str, count: usize, word: &str) -> Outcome {
    for number in 0..count {
        let key = format!("{word} {number}");
        let event = stage.event(room, "org.example.furniture", Some(&key), json!({}))?;
        stage.keep(room, &event);
    }
    Ok(())
}

/// Bob says something after all that.
async fn says(stage: &Stage, room: &str) -> Outcome {
    let event = stage.message(room, "after what was not told")?;
    stage.keep(room, &event);
    stage.peer.transact(&[event]).await.map(drop)
}

/// Bob says something more, and of what is missing that alone is told, however often somebody asks: what is behind it can
/// only be had as a state. Who is told that nothing is missing at all may leave it at that, as Synapse does.
pub fn a_little_is_told(stage: &Stage, room: &str) -> Outcome {
    let last = stage.message(room, "all that is told")?;
    stage.keep(room, &last);
    stage.peer.lie("get_missing_events", room, move |_, honest| {
        honest.changed(|answer| {
            if let Some(events) = answer["events"].as_array_mut() {
                events.retain(|pdu| event_id(pdu, 11) == last.id);
            }
        })
    });
    Ok(())
}

/// The topic that is not told of.
pub fn hidden(stage: &Stage, room: &str) -> Result<Event, Failure> {
    let topic = stage.event(room, "m.room.topic", Some(""), json!({ "topic": "not told" }))?;
    stage.keep(room, &topic);
    Ok(topic)
}

/// After the lie everything goes on, and when the truth is told again it does in that room, too: from where nothing had been
/// hidden yet, for nobody need soon ask again what was asked in vain (Synapse does after an hour).
///
/// * `before`: the room as it was then.
pub async fn told_once(stage: &Stage, before: Room, told: &Told, what: &str) -> Outcome {
    let room = before.id.clone();
    let room = room.as_str();
    says(stage, room).await?;
    told.once(what).await?;
    goes_on(stage).await?;
    told.take_back();
    stage.peer.honest("get_missing_events", room);
    stage.peer.keep(before);
    goes_on_in(stage, room).await?;
    let topic = stage.alice.get(v3!("rooms/{}/state/m.room.topic/", room)).await?;
    ensure!(!topic.text.contains(FALSE), "what nobody said is the topic: {}", topic.brief());
    Ok(())
}

async fn missing_events(stage: Stage, lie: Form) -> Outcome {
    let room = furnished(&stage, 0).await?;
    let before = stage.peer.room(&room)?;
    hidden(&stage, &room)?;
    let told = Told::new(&stage.peer, "get_missing_events", &room, |_| true, move |_, honest| lie(honest));
    told_once(&stage, before, &told, "missing events").await
}

async fn state_ids(stage: Stage, lie: Form) -> Outcome {
    let room = furnished(&stage, 0).await?;
    let before = stage.peer.room(&room)?;
    hidden(&stage, &room)?;
    a_little_is_told(&stage, &room)?;
    let told = Told::new(&stage.peer, "state_ids", &room, |_| true, move |_, honest| lie(honest));
    told_once(&stage, before, &told, "the ids of a state").await
}

async fn state(stage: Stage, lie: Form) -> Outcome {
    let room = furnished(&stage, 0).await?;
    let before = stage.peer.room(&room)?;
    furnish(&stage, &room, MANY, "not told")?;
    hidden(&stage, &room)?;
    a_little_is_told(&stage, &room)?;
    let told = Told::new(&stage.peer, "state", &room, |_| true, move |_, honest| lie(honest));
    told_once(&stage, before, &told, "a state").await
}

async fn event(stage: Stage, lie: Form) -> Outcome {
    let room = furnished(&stage, KNOWN).await?;
    let before = stage.peer.room(&room)?;
    let topic = hidden(&stage, &room)?;
    a_little_is_told(&stage, &room)?;
    let told = Told::new(&stage.peer, "event", &topic.id, |_| true, move |_, honest| lie(honest));
    told_once(&stage, before, &told, "an event").await
}

/// Something false lies in between. The server that hands it on goes on from where it had not happened.
async fn false_between(stage: &Stage, room: &str, kind: Falsehood, asked: &str) -> Outcome {
    let before = stage.peer.room(room)?;
    let draft = before.draft(&stage.bob, "m.room.topic", Some(""), json!({ "topic": FALSE }));
    let event = kind(stage, draft)?;
    stage.keep(room, &event);
    if asked != "get_missing_events" {
        a_little_is_told(stage, room)?;
    }
    says(stage, room).await?;
    let subject = if asked == "event" { event.id.as_str() } else { room };
    wait_for(format!("a question for {asked} of {subject}"), || async {
        Ok((!stage.peer.asked(asked, subject).is_empty()).then_some(()))
    })
    .await?;
    goes_on(stage).await?;
    unread(stage, room, &event.id).await?;
    stage.peer.keep(before);
    stage.peer.honest("get_missing_events", room);
    goes_on_in(stage, room).await?;
    unread(stage, room, &event.id).await
}

async fn false_missing_event(stage: Stage, kind: Falsehood) -> Outcome {
    let room = furnished(&stage, 0).await?;
    false_between(&stage, &room, kind, "get_missing_events").await
}

async fn false_in_state(stage: Stage, kind: Falsehood) -> Outcome {
    let room = furnished(&stage, 0).await?;
    furnish(&stage, &room, MANY, "not told")?;
    false_between(&stage, &room, kind, "state").await
}

async fn false_event(stage: Stage, kind: Falsehood) -> Outcome {
    let room = furnished(&stage, KNOWN).await?;
    false_between(&stage, &room, kind, "event").await
}

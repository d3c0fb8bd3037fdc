//! Reading events and state of rooms here.

use super::prelude::*;

tests! { "events":
    event, "retrieving-events", ["GET /_matrix/federation/v1/event/{eventId}"];
    unknown_event, "retrieving-events", ["GET /_matrix/federation/v1/event/{eventId} 404"];
    event_of_a_strange_room, "retrieving-events", [];
    state, "retrieving-events", ["GET /_matrix/federation/v1/state/{roomId}"];
    state_ids, "retrieving-events", ["GET /_matrix/federation/v1/state_ids/{roomId}"];
    state_is_before_the_event, "retrieving-events", [];
    state_at_an_unknown_event, "retrieving-events", ["GET /_matrix/federation/v1/state_ids/{roomId} M_NOT_FOUND"];
    state_of_a_strange_room, "retrieving-events", ["GET /_matrix/federation/v1/state/{roomId} 403"];
    event_auth, "retrieving-event-authorisation-information", ["GET /_matrix/federation/v1/event_auth/{roomId}/{eventId}"];
    timestamp, "retrieving-events", ["GET /_matrix/federation/v1/timestamp_to_event/{roomId}"];
    timestamp_of_nothing, "retrieving-events", ["GET /_matrix/federation/v1/timestamp_to_event/{roomId} M_NOT_FOUND"];
    backfill, "backfilling-and-retrieving-missing-events", ["GET /_matrix/federation/v1/backfill/{roomId}"];
    backfill_is_limited, "backfilling-and-retrieving-missing-events", [];
    backfill_of_a_strange_room, "backfilling-and-retrieving-missing-events", [];
    missing_events, "backfilling-and-retrieving-missing-events", ["POST /_matrix/federation/v1/get_missing_events/{roomId}"];
    missing_events_are_limited, "backfilling-and-retrieving-missing-events", [];
    history_before_the_join, "backfilling-and-retrieving-missing-events", [];
}

/// The events in an answer, by id.
fn pdus(answer: &Value, list: &str) -> Vec<(String, Value)> {
    let all = answer[list].as_array().cloned().unwrap_or_default();
    all.into_iter().map(|pdu| (event_id(&pdu, 11), pdu)).collect()
}

fn has(answer: &Value, list: &str, id: &str) -> bool {
    pdus(answer, list).iter().any(|(other, _)| other == id)
}

async fn event(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let id = stage.alice.say(&room, "hello").await?;
    let answer = stage.peer.get(fed!("v1/event/{}", id)).await?.ok()?;
    ensure_eq!(answer["origin"], stage.peer.under_test(), "origin");
    ensure!(has(&answer, "pdus", &id), "the event should be there: {answer}");
    let fault = fault(&answer["pdus"][0], 11, stage.peer.under_test(), stage.peer.their_keys());
    ensure!(fault.is_none(), "it is not as it was sent: {fault:?}");
    Ok(())
}

async fn unknown_event(stage: Stage) -> Outcome {
    let reply = stage.peer.get(fed!("v1/event/{}", "$nothing-of-this-name-nothing-of-this-name-0000")).await?;
    reply.refused(404).map(drop)
}

/// A room in which the peer is not, and an event of it.
async fn strange(stage: &Stage) -> Result<(String, String), Failure> {
    let room = stage.alice.private_room().await?;
    let event = stage.alice.say(&room, "secret").await?;
    Ok((room, event))
}

async fn event_of_a_strange_room(stage: Stage) -> Outcome {
    let (_, event) = strange(&stage).await?;
    let reply = stage.peer.get(fed!("v1/event/{}", event)).await?;
    ensure!([403, 404].contains(&reply.status), "an event of a room it is not in: {}", reply.brief());
    Ok(())
}

async fn state(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let id = stage.alice.say(&room, "hello").await?;
    let answer = stage.peer.get(format!("{}?event_id={}", fed!("v1/state/{}", room), encode(&id))).await?.ok()?;
    let state = answer["pdus"].as_array().cloned().unwrap_or_default();
    ensure_eq!(state.len(), stage.alice.all_state(&room).await?.len(), "the number of state events");
    ensure!(answer["auth_chain"].as_array().is_some_and(|chain| !chain.is_empty()), "the auth chain");
    Ok(())
}

async fn ids_at(stage: &Stage, room: &str, event: &str) -> Result<Reply, Failure> {
    stage.peer.get(format!("{}?event_id={}", fed!("v1/state_ids/{}", room), encode(event))).await
}

async fn state_ids(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let id = stage.alice.say(&room, "hello").await?;
    let answer = ids_at(&stage, &room, &id).await?.ok()?;
    let all = stage.alice.all_state(&room).await?;
    let mut want = ids(&all);
    let mut got: Vec<&str> = answer["pdu_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    want.sort_unstable();
    got.sort_unstable();
    ensure_eq!(got, want, "pdu_ids");
    Ok(())
}

/// "the state […] prior to the event".
async fn state_is_before_the_event(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let first = stage.alice.set_state(&room, "m.room.topic", "", json!({ "topic": "one" })).await?;
    let second = stage.alice.set_state(&room, "m.room.topic", "", json!({ "topic": "two" })).await?;
    let listed = ids_at(&stage, &room, &second).await?.ok()?["pdu_ids"].clone();
    let listed = listed.as_array().cloned().unwrap_or_default();
    ensure!(listed.contains(&json!(first)), "the topic before should be in the state before");
    ensure!(!listed.contains(&json!(second)), "an event is not in the state before it");
    Ok(())
}

async fn state_at_an_unknown_event(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let nothing = "$nothing-of-this-name-nothing-of-this-name-0000";
    ids_at(&stage, &room, nothing).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn state_of_a_strange_room(stage: Stage) -> Outcome {
    let (room, event) = strange(&stage).await?;
    for endpoint in ["state", "state_ids"] {
        let path = format!("{}?event_id={}", fed!("v1/{}/{}", endpoint, room), encode(&event));
        let reply = stage.peer.get(path).await?;
        ensure!([403, 404].contains(&reply.status), "{endpoint} of a room it is not in: {}", reply.brief());
    }
    Ok(())
}

async fn event_auth(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let id = stage.alice.say(&room, "hello").await?;
    let answer = stage.peer.get(fed!("v1/event_auth/{}/{}", room, id)).await?.ok()?;
    let kinds: Vec<&Value> = answer["auth_chain"].as_array().into_iter().flatten().map(|pdu| &pdu["type"]).collect();
    for kind in ["m.room.create", "m.room.member", "m.room.power_levels"] {
        ensure!(kinds.iter().any(|other| **other == kind), "{kind} should be in the chain: {kinds:?}");
    }
    ensure!(!has(&answer, "auth_chain", &id), "an event does not authorise itself");
    Ok(())
}

async fn at(stage: &Stage, room: &str, ts: u64, dir: &str) -> Result<Reply, Failure> {
    stage.peer.get(format!("{}?ts={ts}&dir={dir}", fed!("v1/timestamp_to_event/{}", room))).await
}

async fn timestamp(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let id = stage.alice.say(&room, "hello").await?;
    let answer = at(&stage, &room, now() + 60_000, "b").await?.ok()?;
    ensure_eq!(answer["event_id"], id, "the last event");
    ensure!(answer["origin_server_ts"].is_u64(), "its time: {answer}");
    at(&stage, &room, 0, "f").await?.ok().map(drop)
}

async fn timestamp_of_nothing(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    at(&stage, &room, now() + 3_600_000, "f").await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn backfilled(stage: &Stage, room: &str, from: &str, limit: usize) -> Result<Reply, Failure> {
    stage.peer.get(format!("{}?limit={limit}&v={}", fed!("v1/backfill/{}", room), encode(from))).await
}

async fn backfill(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let (first, last) = (stage.alice.say(&room, "one").await?, stage.alice.say(&room, "two").await?);
    let answer = backfilled(&stage, &room, &last, 10).await?.ok()?;
    for id in [&first, &last] {
        ensure!(has(&answer, "pdus", id), "{id} should be there: {answer}");
    }
    Ok(())
}

async fn backfill_is_limited(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut last = String::new();
    for number in 0..8 {
        last = stage.alice.say(&room, &format!("number {number}")).await?;
    }
    ensure_eq!(pdus(&backfilled(&stage, &room, &last, 3).await?.ok()?, "pdus").len(), 3, "the events");
    let many = backfilled(&stage, &room, &last, 1_000_000).await?.ok()?;
    ensure!(pdus(&many, "pdus").len() <= 200, "a server should not give everything at once");
    Ok(())
}

async fn backfill_of_a_strange_room(stage: Stage) -> Outcome {
    let (room, event) = strange(&stage).await?;
    let reply = backfilled(&stage, &room, &event, 10).await?;
    ensure!([403, 404].contains(&reply.status), "a room it is not in: {}", reply.brief());
    Ok(())
}

async fn missing(stage: &Stage, room: &str, from: &str, to: &str, limit: u64) -> Result<Value, Failure> {
    let body = json!({ "earliest_events": [from], "latest_events": [to], "limit": limit, "min_depth": 0 });
    stage.peer.post(fed!("v1/get_missing_events/{}", room), &body).await?.ok()
}

async fn missing_events(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut said = Vec::new();
    for number in 0..4 {
        said.push(stage.alice.say(&room, &format!("number {number}")).await?);
    }
    let [first, second, third, last] = said.as_slice() else { return Err(Failure::new("four messages")) };
    let answer = missing(&stage, &room, first, last, 10).await?;
    let got: Vec<String> = pdus(&answer, "events").into_iter().map(|(id, _)| id).collect();
    ensure_eq!(got, vec![second.clone(), third.clone()], "what lies between");
    Ok(())
}

async fn missing_events_are_limited(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let first = stage.alice.say(&room, "first").await?;
    let mut last = String::new();
    for number in 0..30 {
        last = stage.alice.say(&room, &format!("number {number}")).await?;
    }
    ensure!(pdus(&missing(&stage, &room, &first, &last, 2).await?, "events").len() <= 2, "a limit of 2");
    ensure!(pdus(&missing(&stage, &room, &first, &last, 100_000).await?, "events").len() <= 100, "a huge limit");
    Ok(())
}

/// What a server was not to see comes redacted, or not at all.
async fn history_before_the_join(stage: Stage) -> Outcome {
    let visibility = json!({ "history_visibility": "joined" });
    let event = json!({ "type": "m.room.history_visibility", "state_key": "", "content": visibility });
    let body = json!({ "preset": "public_chat", "room_version": "11", "initial_state": [event] });
    let room = stage.alice.create_room(body).await?;
    let secret = stage.alice.say(&room, "nobody else hears this").await?;
    stage.peer.enter(&room, &stage.bob).await?;
    let seen = stage.alice.say(&room, "now you hear").await?;
    let one = stage.peer.get(fed!("v1/event/{}", secret)).await?;
    let many = backfilled(&stage, &room, &seen, 20).await?;
    let between = missing(&stage, &room, "$nothing-of-this-name-nothing-of-this-name-0000", &seen, 20).await?;
    for text in [one.text, many.text, between.to_string()] {
        ensure!(!text.contains("nobody else hears this"), "a server reads what was said before it joined: {text}");
    }
    Ok(())
}

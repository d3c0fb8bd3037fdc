//! Graphs that are made to cost much (CVE-2024-31208), that lead nowhere, or that never end.

use super::prelude::*;

tests! { "advisory_graphs":
    too_many_prev_events, "pdus", [];
    too_many_auth_events, "pdus", [];
    auth_events_twice, "authorisation-rules", [];
    auth_events_of_the_wrong_kind, "authorisation-rules", [];
    unknown_auth_events, "checks-performed-on-receipt-of-a-pdu", [];
    itself_before_itself, "checks-performed-on-receipt-of-a-pdu", [];
    without_prev_events, "checks-performed-on-receipt-of-a-pdu", [];
    missing_events_flood, "backfilling-and-retrieving-missing-events", [];
    missing_events_without_end, "backfilling-and-retrieving-missing-events", [];
    nobody_knows_the_past, "backfilling-and-retrieving-missing-events", [];
    many_heads, "pdus", [];
    depth_at_its_end, "pdus", [];
    depth_beyond_its_end, "pdus", [];
}

/// A message whose draft was changed.
fn twisted(stage: &Stage, room: &str, change: impl FnOnce(&mut Value)) -> Result<Event, Failure> {
    stage.changed(room, "m.room.message", None, json!({ "body": "twisted", "msgtype": "m.text" }), change)
}

fn invented(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("$invented-{number:0>34}")).collect()
}

/// "prev_events: at most 20".
async fn too_many_prev_events(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let heads = stage.peer.room(&room)?.heads;
    let many: Vec<String> = heads.into_iter().chain(invented(20)).collect();
    let event = twisted(&stage, &room, |draft| draft["prev_events"] = json!(many))?;
    stage.refused(&room, &[event]).await
}

/// "auth_events: at most 10".
async fn too_many_auth_events(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = twisted(&stage, &room, |draft| {
        let mut list = draft["auth_events"].as_array().cloned().unwrap_or_default();
        list.extend(invented(10).into_iter().map(Value::from));
        draft["auth_events"] = json!(list);
    })?;
    stage.refused(&room, &[event]).await
}

/// "If there are duplicate entries for a given type and state_key pair, reject."
async fn auth_events_twice(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let old = stage.peer.room(&room)?.state_id("m.room.power_levels", "").cloned();
    let content = stage.peer.room(&room)?.content("m.room.power_levels", "");
    stage.set(&room, "m.room.power_levels", "", content).await?;
    let event = twisted(&stage, &room, |draft| {
        if let Some(list) = draft["auth_events"].as_array_mut() {
            list.push(json!(old));
        }
    })?;
    stage.refused(&room, &[event]).await
}

/// "If there are entries whose type and state_key don't match those specified […], reject."
async fn auth_events_of_the_wrong_kind(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let topic = stage.set(&room, "m.room.topic", "", json!({ "topic": "no authority" })).await?;
    let event = twisted(&stage, &room, |draft| {
        if let Some(list) = draft["auth_events"].as_array_mut() {
            list.push(json!(topic.id));
        }
    })?;
    stage.refused(&room, &[event]).await
}

async fn unknown_auth_events(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = twisted(&stage, &room, |draft| draft["auth_events"] = json!(invented(3)))?;
    stage.refused(&room, &[event]).await
}

/// No event can name itself, for its id is a hash of what it names; but one can say that it lies behind the other.
async fn itself_before_itself(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let id = format!("${}", "A".repeat(43));
    let event = twisted(&stage, &room, |draft| draft["prev_events"] = json!([id, id]))?;
    stage.refused(&room, &[event]).await
}

async fn without_prev_events(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = twisted(&stage, &room, |draft| draft["prev_events"] = json!([]))?;
    stage.refused(&room, &[event]).await
}

/// Far more events than were asked for.
async fn missing_events_flood(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut flood = Vec::new();
    for number in 0..400 {
        let event = stage.message(&room, &format!("flood {number}"))?;
        stage.keep(&room, &event);
        flood.push(event.pdu);
    }
    let answer = json!({ "events": flood });
    stage.peer.lie("get_missing_events", &room, move |_, _| Answer::ok(answer.clone()));
    let last = stage.message(&room, "the last")?;
    stage.keep(&room, &last);
    stage.peer.transact(&[last]).await?;
    goes_on(&stage).await
}

/// Other rooms of the same server, and the client API, work while a lie is worked on.
async fn goes_on(stage: &Stage) -> Outcome {
    let room = stage.shared().await?;
    stage.say(&room, "and on it goes").await?;
    let event = stage.alice.say(&room, "here, too").await?;
    stage.arrives(&room, &event).await.map(drop)
}

/// Each answer has one more event, whose past is unknown again.
async fn missing_events_without_end(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let (known, me, bob) = (stage.peer.room(&room)?, stage.peer.me.clone(), stage.bob.clone());
    stage.peer.lie("get_missing_events", &room, move |request, _| {
        let mut draft = known.draft(&bob, "m.room.message", None, json!({ "body": "turtles", "msgtype": "m.text" }));
        draft["prev_events"] = json!([format!("$down-{:0>38}", nonce())]);
        draft["depth"] = json!(request.json["min_depth"].as_u64().unwrap_or_default() + 5);
        Answer::ok(json!({ "events": [finish(draft, known.version, &me).pdu] }))
    });
    let event = twisted(&stage, &room, |draft| draft["prev_events"] = json!(invented(1)))?;
    stage.peer.transact(&[event]).await?;
    // Looked at until they come no more, or for a while.
    let mut before = 0;
    for _ in 0..4 {
        goes_on(&stage).await?;
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let asked = stage.peer.asked("get_missing_events", &room).len();
        ensure!(asked <= 50, "{asked} questions for missing events because of one event");
        if asked == before {
            break;
        }
        before = asked;
    }
    Ok(())
}

/// An event whose past nobody tells anything of does not get in, and is not asked for again and again.
async fn nobody_knows_the_past(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = twisted(&stage, &room, |draft| draft["prev_events"] = json!(invented(1)))?;
    stage.refused(&room, &[event]).await
}

/// Many branches at once: the next event of the server under test follows at most twenty of them.
async fn many_heads(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let fork = stage.peer.room(&room)?;
    let mut branches = Vec::new();
    for number in 0..40 {
        let content = json!({ "body": format!("branch {number}"), "msgtype": "m.text" });
        branches.push(finish(fork.draft(&stage.bob, "m.room.message", None, content), fork.version, &stage.peer.me));
    }
    stage.peer.transact(&branches).await?;
    for event in &branches {
        stage.alice.receive(&room, &event.id).await?;
    }
    let event = stage.alice.say(&room, "after them all").await?;
    let pdu = stage.arrives(&room, &event).await?;
    let count = pdu["prev_events"].as_array().map_or(0, Vec::len);
    ensure!((1..=20).contains(&count), "an event with {count} prev_events");
    Ok(())
}

/// The greatest depth there is: whoever follows it must not go beyond.
async fn depth_at_its_end(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = twisted(&stage, &room, |draft| draft["depth"] = json!(9_007_199_254_740_991_u64))?;
    stage.peer.transact(std::slice::from_ref(&event)).await?;
    stage.alice.receive(&room, &event.id).await?;
    let after = stage.alice.say(&room, "after the end").await?;
    let pdu = stage.arrives(&room, &after).await?;
    ensure!(pdu["depth"].as_u64().is_some_and(|depth| depth <= 9_007_199_254_740_991), "the depth of {pdu}");
    Ok(())
}

/// "depth: […] the maximum depth is 2^53 - 1", and there is no number that is less than nothing.
async fn depth_beyond_its_end(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut events = Vec::new();
    for depth in [json!(9_007_199_254_740_992_u64), json!(u64::MAX), json!(-1), json!(i64::MIN)] {
        events.push(twisted(&stage, &room, |draft| draft["depth"] = depth)?);
    }
    for event in &events {
        let reply = stage.peer.try_transact(std::slice::from_ref(&event.pdu), &[]).await?;
        ensure!(reply.status < 500, "an event was answered with {}: {}", reply.brief(), event.pdu);
    }
    stage.absent(&room, &events).await?;
    let after = stage.alice.say(&room, "after them all").await?;
    let pdu = stage.arrives(&room, &after).await?;
    ensure!(pdu["depth"].as_u64().is_some_and(|depth| depth < 1_000), "the depth of {pdu}");
    Ok(())
}

//! What is said in a shared room.

use super::prelude::*;

tests! { "messages":
    both_ways, "transactions";
    in_order, "transactions";
    redaction, "transactions";
    redaction_by_a_moderator, "transactions";
    state, "transactions";
    power_levels_bind_the_other_side, "authorization-rules";
    reaction_and_edit, "transactions";
    thread, "transactions";
    unread_count, "transactions";
    large_event, "transactions";
    name_in_the_room, "transactions";
}

async fn both_ways(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    for turn in 0..3 {
        let here = alice.say(&room, &format!("here {turn}")).await?;
        let got = bob.receive(&room, &here).await?;
        ensure_eq!((&got["sender"], &got["type"]), (&json!(alice.id), &json!("m.room.message")), "the event");
        let there = bob.say(&room, &format!("there {turn}")).await?;
        alice.receive(&room, &there).await?;
    }
    Ok(())
}

async fn in_order(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let since = bob.now().await?;
    let mut sent = Vec::new();
    for number in 0..40 {
        sent.push(alice.say(&room, &number.to_string()).await?);
    }
    let last = sent.last().map_or("", |last| last);
    bob.receive(&room, last).await?;
    // It may be readable a moment before it shows in a sync.
    bob.sync_until(&since, |answer| has_event(answer, &room, last)).await?;
    let filter = json!({ "room": { "timeline": { "limit": 60, "types": ["m.room.message"] } } });
    let answer = bob.sync_filtered(&filter, &format!("since={}", encode(&since))).await?;
    // By their numbers, for forty ids would not fit into a report.
    let timeline = ids(events(joined(&answer, &room), "timeline"));
    let got: Vec<_> = timeline.iter().map(|id| sent.iter().position(|sent| sent == id)).collect();
    ensure_eq!(got, (0..40).map(Some).collect::<Vec<_>>(), "the timeline there");
    Ok(())
}

async fn redaction(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let event = bob.say(&room, "oops").await?;
    alice.receive(&room, &event).await?;
    bob.redact(&room, &event).await?;
    wait_for("the redaction".to_owned(), || async {
        let seen = alice.event(&room, &event).await?;
        Ok(seen["content"].get("body").is_none().then_some(()))
    })
    .await
}

async fn redaction_by_a_moderator(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let event = bob.say(&room, "spam").await?;
    alice.receive(&room, &event).await?;
    alice.redact(&room, &event).await?;
    wait_for("the redaction".to_owned(), || async {
        let seen = bob.event(&room, &event).await?;
        Ok(seen["unsigned"]["redacted_because"].is_object().then_some(()))
    })
    .await
}

async fn state(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    for name in ["one", "two", "three"] {
        alice.set_state(&room, "m.room.name", "", json!({ "name": name })).await?;
    }
    bob.see_state(&room, "m.room.name", "", json!({ "name": "three" })).await?;
    alice.change_power(&room, json!({ "users": { bob.id.clone(): 50 } })).await?;
    let levels = alice.state(&room, "m.room.power_levels", "").await?;
    bob.see_state(&room, "m.room.power_levels", "", levels).await?;
    bob.set_state(&room, "m.room.topic", "", json!({ "topic": "from there" })).await?;
    alice.see_state(&room, "m.room.topic", "", json!({ "topic": "from there" })).await.map(drop)
}

async fn power_levels_bind_the_other_side(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    alice.see_membership(&room, bob, "join").await?;
    bob.try_state(&room, "m.room.name", "", json!({ "name": "mine" })).await?.error(403, "M_FORBIDDEN")?;
    alice.change_power(&room, json!({ "events_default": 10 })).await?;
    let levels = alice.state(&room, "m.room.power_levels", "").await?;
    bob.see_state(&room, "m.room.power_levels", "", levels).await?;
    let message = json!({ "msgtype": "m.text", "body": "?" });
    bob.try_send(&room, "m.room.message", message).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn reaction_and_edit(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let event = bob.say(&room, "teh").await?;
    alice.receive(&room, &event).await?;
    let key = json!({ "rel_type": "m.annotation", "event_id": event, "key": "👍" });
    let reaction = alice.send(&room, "m.reaction", json!({ "m.relates_to": key })).await?;
    bob.receive(&room, &reaction).await?;
    let edit = json!({
        "msgtype": "m.text", "body": "* the", "m.new_content": { "msgtype": "m.text", "body": "the" },
        "m.relates_to": { "rel_type": "m.replace", "event_id": event },
    });
    let edit = bob.send(&room, "m.room.message", edit).await?;
    // It may be readable a moment before it shows elsewhere.
    wait_for("the bundled edit".to_owned(), || async {
        let seen = alice.event(&room, &event).await?;
        Ok((seen["unsigned"]["m.relations"]["m.replace"]["event_id"] == edit.as_str()).then_some(()))
    })
    .await
}

async fn thread(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let root = alice.say(&room, "root").await?;
    bob.receive(&room, &root).await?;
    let reply = json!({
        "msgtype": "m.text", "body": "reply", "m.relates_to": { "rel_type": "m.thread", "event_id": root },
    });
    let reply = bob.send(&room, "m.room.message", reply).await?;
    wait_for("the newest of the thread".to_owned(), || async {
        let threads = alice.get(v1!("rooms/{}/threads", room)).await?.ok()?;
        let latest = &threads["chunk"][0]["unsigned"]["m.relations"]["m.thread"]["latest_event"]["event_id"];
        Ok((*latest == reply.as_str()).then_some(()))
    })
    .await
}

async fn unread_count(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    alice.see_membership(&room, bob, "join").await?;
    let since = alice.now().await?;
    let event = bob.say(&room, "ping").await?;
    let answer = alice.sync_until(&since, |answer| has_event(answer, &room, &event)).await?;
    ensure_eq!(joined(&answer, &room)["unread_notifications"]["notification_count"], 1, "unread messages");
    Ok(())
}

async fn large_event(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    let event = bob.say(&room, &"x".repeat(60_000)).await?;
    alice.receive(&room, &event).await?;
    let event = alice.say(&room, &"y".repeat(60_000)).await?;
    bob.receive(&room, &event).await.map(drop)
}

async fn name_in_the_room(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = pair.shared_room().await?;
    alice.see_membership(&room, bob, "join").await?;
    bob.put(v3!("profile/{}/displayname", bob), json!({ "displayname": "Robert" })).await?.ok()?;
    alice.see_state(&room, "m.room.member", &bob.id, json!({ "displayname": "Robert" })).await.map(drop)
}

//! Answers to joins that lie: in the state, in its authority, in their size and in their time.

use super::prelude::*;

tests! { "advisory_joins":
    state_with_a_forged_event, "joining-rooms", [];
    state_of_another_room, "joining-rooms", [];
    state_without_create, "joining-rooms", [];
    state_with_unknown_authority, "joining-rooms", [];
    state_with_rejected_power, "joining-rooms", [];
    state_with_two_of_a_kind, "joining-rooms", [];
    authority_in_a_circle, "joining-rooms", [];
    create_event_without_its_content, "joining-rooms", [];
    another_version, "joining-rooms", [];
    versions_that_are_none, "joining-rooms", [];
    another_event_comes_back, "joining-rooms", [];
    no_json, "joining-rooms", [];
    endless_answer, "joining-rooms", [];
    endless_chain, "joining-rooms", [];
    compressed_bomb, "joining-rooms", [];
    slow_answer_stops_nothing_else, "joining-rooms", [];
    cut_connection, "joining-rooms", [];
    the_truth_after_a_lie, "joining-rooms", [];
}

/// Alice tries to join a room whose `send_join` lies; a room that is none must not be joined, and the server lives on.
async fn lied<F>(stage: &Stage, lie: F) -> Result<(String, Reply), Failure>
where
    F: Fn(&Request, Answer) -> Answer + Send + Sync + 'static,
{
    let room = stage.hosted()?;
    stage.peer.lie("send_join", &room, lie);
    let reply = stage.try_join(&room).await?;
    stage.alice.public_room().await?;
    Ok((room, reply))
}

/// The join must have failed.
async fn fails<F>(stage: Stage, lie: F) -> Outcome
where
    F: Fn(&Request, Answer) -> Answer + Send + Sync + 'static,
{
    let (room, reply) = lied(&stage, lie).await?;
    ensure!(reply.status >= 400 && reply.json["errcode"].is_string(), "a lie was believed: {}", reply.brief());
    let answer = stage.alice.first_sync().await?;
    ensure!(joined(&answer, &room).is_null(), "the room is shown as joined");
    Ok(())
}

/// A state event of the room, forged in the name of the server under test, beside the honest ones.
async fn state_with_a_forged_event(stage: Stage) -> Outcome {
    let (alice, me) = (stage.alice.id.clone(), stage.peer.me.clone());
    let (room, reply) = lied(&stage, move |request, honest| {
        honest.changed(|answer| {
            let forged = json!({
                "type": "m.room.topic", "state_key": "", "sender": alice, "room_id": request.part(4), "depth": 5,
                "content": { "topic": "forged" }, "origin_server_ts": now(), "prev_events": [], "auth_events": [],
            });
            if let Some(state) = answer["state"].as_array_mut() {
                state.push(finish(forged, 11, &me).pdu);
            }
        })
    })
    .await?;
    if reply.status == 200 {
        let topic = stage.alice.get(v3!("rooms/{}/state/m.room.topic/", room)).await?;
        ensure_eq!(topic.status, 404, "a forged topic is the state: {}", topic.brief());
    }
    Ok(())
}

async fn state_of_another_room(stage: Stage) -> Outcome {
    let other = stage.peer.room(&stage.hosted()?)?;
    let state = other.pdus(other.state.values());
    fails(stage, move |_, honest| {
        let state = state.clone();
        honest.changed(|answer| {
            answer["state"] = json!(state);
            answer["auth_chain"] = json!(state);
        })
    })
    .await
}

async fn state_without_create(stage: Stage) -> Outcome {
    fails(stage, |_, honest| {
        honest.changed(|answer| {
            for list in ["state", "auth_chain"] {
                if let Some(list) = answer[list].as_array_mut() {
                    list.retain(|pdu| pdu["type"] != "m.room.create");
                }
            }
        })
    })
    .await
}

/// Nothing authorises the state that is told, and nobody has what would.
async fn state_with_unknown_authority(stage: Stage) -> Outcome {
    let me = stage.peer.me.clone();
    fails(stage, move |_, honest| {
        honest.changed(|answer| {
            for pdu in answer["state"].as_array_mut().into_iter().flatten().filter(|pdu| pdu["type"] != "m.room.create")
            {
                let mut bare = crate::peer::without(pdu, &["signatures", "hashes"]);
                bare["auth_events"] = json!([format!("${}", "A".repeat(43))]);
                *pdu = finish(bare, 11, &me).pdu;
            }
            answer["auth_chain"] = json!([]);
        })
    })
    .await
}

/// Somebody who never joined has set the power levels: what the rules do not allow is not the state.
async fn state_with_rejected_power(stage: Stage) -> Outcome {
    let me = stage.peer.me.clone();
    let mallory = stage.peer.user("mallory");
    let (room, reply) = lied(&stage, {
        let mallory = mallory.clone();
        move |_, honest| {
            honest.changed(|answer| {
                let state = answer["state"].as_array_mut().into_iter().flatten();
                for pdu in state.filter(|pdu| pdu["type"] == "m.room.power_levels") {
                    let mut bare = crate::peer::without(pdu, &["signatures", "hashes"]);
                    bare["sender"] = json!(mallory);
                    bare["content"]["users"] = json!({ &mallory: 100 });
                    *pdu = finish(bare, 11, &me).pdu;
                }
            })
        }
    })
    .await?;
    if reply.status == 200 {
        let power = stage.alice.get(v3!("rooms/{}/state/m.room.power_levels/", room)).await?;
        ensure!(power.json["users"][&mallory].is_null(), "what the rules forbid is the state: {}", power.brief());
    }
    Ok(())
}

/// Two names of one room: whichever it is, one alone is there, and all see the same.
async fn state_with_two_of_a_kind(stage: Stage) -> Outcome {
    let room = stage.hosted()?;
    let first = stage.event(&room, "m.room.name", Some(""), json!({ "name": "The first" }))?;
    stage.keep(&room, &first);
    let second = stage.event(&room, "m.room.name", Some(""), json!({ "name": "The second" }))?;
    stage.keep(&room, &second);
    stage.peer.lie("send_join", &room, move |_, honest| {
        honest.changed(|answer| {
            if let Some(state) = answer["state"].as_array_mut() {
                state.push(first.pdu.clone());
            }
        })
    });
    let reply = stage.try_join(&room).await?;
    stage.alice.public_room().await?;
    if reply.status != 200 {
        return Ok(());
    }
    let state = stage.alice.all_state(&room).await?;
    let names: Vec<&Value> = state.iter().filter(|event| event["type"] == "m.room.name").collect();
    ensure_eq!(names.len(), 1, "names of a room");
    let name = stage.alice.state(&room, "m.room.name", "").await?;
    ensure_eq!(names.first().map(|event| &event["content"]), Some(&name), "the name of the room");
    stage.say(&room, "and on it goes").await.map(drop)
}

/// No event can name one by which it is named, for ids are hashes; but two can say so who believe in ids that are written.
async fn authority_in_a_circle(stage: Stage) -> Outcome {
    let (me, bob) = (stage.peer.me.clone(), stage.bob.clone());
    let (one, other) = (format!("${}", "A".repeat(43)), format!("${}", "B".repeat(43)));
    let (room, reply) = lied(&stage, move |request, honest| {
        let circle = [(&one, &other), (&other, &one)].map(|(id, named)| {
            let draft = json!({
                "type": "m.room.power_levels", "state_key": "", "sender": bob, "room_id": request.part(4), "depth": 5,
                "content": { "users": { &bob: 100 } }, "origin_server_ts": now(), "event_id": id,
                "prev_events": [named], "auth_events": [named],
            });
            finish(draft, 11, &me).pdu
        });
        honest.changed(|answer| {
            if let Some(chain) = answer["auth_chain"].as_array_mut() {
                chain.extend(circle);
            }
        })
    })
    .await?;
    if reply.status == 200 {
        let power = stage.alice.state(&room, "m.room.power_levels", "").await?;
        ensure_eq!(power["state_default"], 50, "the power levels that are allowed");
        stage.say(&room, "and on it goes").await?;
    }
    Ok(())
}

/// What was changed after it was hashed counts as redacted, and of a create event in version 10 that leaves no version.
async fn create_event_without_its_content(stage: Stage) -> Outcome {
    let room = stage.hosted_of(10, "public")?;
    stage.peer.lie("send_join", &room, |_, honest| {
        honest.changed(|answer| {
            for list in ["state", "auth_chain"] {
                let pdus = answer[list].as_array_mut().into_iter().flatten();
                for pdu in pdus.filter(|pdu| pdu["type"] == "m.room.create") {
                    pdu["content"]["room_version"] = json!("10");
                    pdu["content"]["org.example.added"] = json!(true);
                }
            }
        })
    });
    let reply = stage.try_join(&room).await?;
    ensure!(reply.status >= 400, "a room whose create event says no version: {}", reply.brief());
    let answer = stage.alice.first_sync().await?;
    ensure!(joined(&answer, &room).is_null(), "the room is shown as joined");
    Ok(())
}

/// Versions that nobody has, or that are none.
async fn versions_that_are_none(stage: Stage) -> Outcome {
    for version in [json!("org.example.unknown"), json!(""), json!("999999999999"), json!(11), json!(null), json!({})] {
        let room = stage.hosted()?;
        let told = version.clone();
        stage
            .peer
            .lie("make_join", &room, move |_, honest| honest.changed(|answer| answer["room_version"] = told.clone()));
        let reply = stage.try_join(&room).await?;
        ensure!(reply.status >= 400, "a room of version {version}: {}", reply.brief());
        ensure!(stage.peer.asked("send_join", &room).is_empty(), "an event was signed for version {version}");
    }
    stage.alice.public_room().await.map(drop)
}

/// `make_join` says another version than that of the room.
async fn another_version(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "public")?;
    stage.peer.lie("make_join", &room, |_, honest| honest.changed(|answer| answer["room_version"] = json!("6")));
    let reply = stage.try_join(&room).await?;
    ensure!(reply.status >= 400, "a room of another version than was said: {}", reply.brief());
    Ok(())
}

/// The event that comes back is not the one that was sent: it must not take its place.
async fn another_event_comes_back(stage: Stage) -> Outcome {
    let me = stage.peer.me.clone();
    let (room, reply) = lied(&stage, move |_, honest| {
        honest.changed(|answer| {
            let mut bare = crate::peer::without(&answer["event"], &["signatures", "hashes"]);
            bare["content"]["displayname"] = json!("Somebody Else");
            answer["event"] = finish(bare, 11, &me).pdu;
        })
    })
    .await?;
    if reply.status == 200 {
        let member = stage.alice.state(&room, "m.room.member", &stage.alice.id).await?;
        ensure!(member["displayname"] != "Somebody Else", "another event was taken: {member}");
    }
    Ok(())
}

async fn no_json(stage: Stage) -> Outcome {
    fails(stage, |_, _| Answer::text(200, "<html>It works!</html>".to_owned())).await
}

/// A gigabyte, and no end in sight.
async fn endless_answer(stage: Stage) -> Outcome {
    fails(stage.aside(), |_, _| {
        let part = vec![b' '; 1 << 16];
        Answer::of(200, Body::Repeated { first: b"{\"state\":[".to_vec(), part, times: 1 << 14 })
    })
    .await
}

/// Small events again and again.
async fn endless_chain(stage: Stage) -> Outcome {
    fails(stage.aside(), |_, _| {
        let part = b"{\"type\":\"m.room.member\",\"content\":{}},".repeat(1 << 10);
        Answer::of(200, Body::Repeated { first: b"{\"auth_chain\":[".to_vec(), part, times: 1 << 14 })
    })
    .await
}

/// 64 KiB of spaces, deflated, in a block that ends at a byte and may be repeated.
const SPACES: &str =
    "7MGBAAAAAIAglf0pF6kKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAagAAAP//";

/// A gigabyte that is small on its way (CWE-409).
async fn compressed_bomb(stage: Stage) -> Outcome {
    let part = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, SPACES).unwrap_or_default();
    fails(stage.aside(), move |_, _| {
        let first = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        let headers = vec![("content-encoding".to_owned(), "gzip".to_owned())];
        Answer { headers, ..Answer::of(200, Body::Repeated { first, part: part.clone(), times: 1 << 14 }) }
    })
    .await
}

/// A byte a second: others need not wait for it.
async fn slow_answer_stops_nothing_else(stage: Stage) -> Outcome {
    let aside = stage.aside();
    let room = aside.hosted()?;
    stage.peer.lie("send_join", &room, |_, _| {
        Answer::of(200, Body::Slow { part: b" ".to_vec(), pause: std::time::Duration::from_secs(1) })
    });
    let slow = tokio::spawn({
        let room = room.clone();
        async move { aside.try_join(&room).await }
    });
    wait_for("a join that takes long".to_owned(), || async {
        Ok((!stage.peer.asked("send_join", &room).is_empty()).then_some(()))
    })
    .await?;
    let good = stage.shared().await?;
    stage.say(&good, "and on it goes").await?;
    slow.abort();
    Ok(())
}

async fn cut_connection(stage: Stage) -> Outcome {
    fails(stage.aside(), |_, _| Answer::of(200, Body::Cut)).await
}

/// A lie leaves nothing behind that would stand in the way of the truth.
async fn the_truth_after_a_lie(stage: Stage) -> Outcome {
    let (room, reply) = lied(&stage, |_, honest| honest.changed(|answer| answer["state"] = json!([]))).await?;
    ensure!(reply.status >= 400, "a room without state: {}", reply.brief());
    stage.peer.honest("send_join", &room);
    wait_for("a join by an honest answer".to_owned(), || async {
        Ok((stage.try_join(&room).await?.status == 200).then_some(()))
    })
    .await?;
    stage.say(&room, "welcome").await.map(drop)
}

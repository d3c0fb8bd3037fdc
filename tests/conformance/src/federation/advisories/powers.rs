//! Authorisation: what is rejected stays rejected (CVE-2022-39374, CVE-2022-31152), creators stay creators
//! (CVE-2025-49090), state is not reset.

use super::prelude::*;

tests! { "advisory_powers":
    power_out_of_nothing, "authorisation-rules", [];
    ban_without_power, "authorisation-rules", [];
    state_of_another_user, "authorisation-rules", [];
    member_of_another_user, "authorisation-rules", [];
    second_create_event, "authorisation-rules", [];
    creator_among_the_users, "authorisation-rules", [];
    create_event_with_a_room_id, "authorisation-rules", [];
    create_among_the_auth_events, "authorisation-rules", [];
    rejected_event_is_not_revived, "rejection", [];
    rejected_event_authorises_nothing, "rejection", [];
    banned_by_an_old_branch, "soft-failure", [];
    state_reset_by_an_old_branch, "room-state-resolution", [];
    redaction_without_power, "pdus", [];
    m_federate_false, "authorisation-rules", [];
    powers_that_are_no_numbers, "authorisation-rules", [];
    authorised_by_nobody, "restricted-rooms", [];
}

/// An event of Bob's that he may not send.
async fn forbidden(stage: &Stage, kind: &str, key: Option<&str>, content: Value) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.event(&room, kind, key, content)?;
    stage.refused(&room, &[event]).await
}

async fn power_out_of_nothing(stage: Stage) -> Outcome {
    forbidden(&stage, "m.room.power_levels", Some(""), json!({ "users": { &stage.bob: 100 } })).await
}

async fn ban_without_power(stage: Stage) -> Outcome {
    forbidden(&stage, "m.room.member", Some(&stage.alice.id), json!({ "membership": "ban" })).await
}

async fn state_of_another_user(stage: Stage) -> Outcome {
    forbidden(&stage, "org.example.mine", Some(&stage.alice.id), json!({ "mine": true })).await
}

async fn member_of_another_user(stage: Stage) -> Outcome {
    let content = json!({ "membership": "join", "displayname": "not by me" });
    forbidden(&stage, "m.room.member", Some(&stage.alice.id), content).await
}

async fn second_create_event(stage: Stage) -> Outcome {
    forbidden(&stage, "m.room.create", Some(""), json!({ "room_version": "11", "creator": stage.bob })).await
}

/// "If the users property in content contains the sender of the m.room.create event […], reject."
async fn creator_among_the_users(stage: Stage) -> Outcome {
    let room = stage.hosted_of(12, "public")?;
    stage.join(&room).await?;
    let content = json!({ "users": { &stage.bob: 50 } });
    let event = stage.event(&room, "m.room.power_levels", Some(""), content)?;
    stage.refused(&room, &[event]).await
}

/// A room of version 12 whose create event names a room is none.
async fn create_event_with_a_room_id(stage: Stage) -> Outcome {
    let room = stage.hosted_of(12, "public")?;
    stage.peer.lie("send_join", &room, {
        let me = stage.peer.me.clone();
        move |_, honest| {
            honest.changed(|answer| {
                for pdu in
                    answer["state"].as_array_mut().into_iter().flatten().filter(|pdu| pdu["type"] == "m.room.create")
                {
                    let mut bare = crate::peer::without(pdu, &["signatures", "hashes"]);
                    bare["room_id"] = json!("!chosen:example.org");
                    *pdu = finish(bare, 12, &me).pdu;
                }
            })
        }
    });
    let reply = stage.try_join(&room).await?;
    ensure!(reply.status >= 400, "a room whose create event names another: {}", reply.brief());
    Ok(())
}

/// "The m.room.create event MUST NOT be selected for auth_events on events."
async fn create_among_the_auth_events(stage: Stage) -> Outcome {
    let room = stage.hosted_of(12, "public")?;
    stage.join(&room).await?;
    let content = json!({ "body": "x", "msgtype": "m.text" });
    let create = room.replacen('!', "$", 1);
    let event = stage.changed(&room, "m.room.message", None, content, |draft| {
        if let Some(list) = draft["auth_events"].as_array_mut() {
            list.push(json!(create));
        }
    })?;
    stage.refused(&room, &[event]).await
}

/// A rejected event that a good one follows is as rejected as before, and the good one gets in.
async fn rejected_event_is_not_revived(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let content = json!({ "users": { &stage.bob: 100 } });
    let bad = stage.event(&room, "m.room.power_levels", Some(""), content)?;
    let heads = [stage.peer.room(&room)?.heads, vec![bad.id.clone()]].concat();
    let words = json!({ "body": "follows a rejected one", "msgtype": "m.text" });
    let after = stage.changed(&room, "m.room.message", None, words, |draft| draft["prev_events"] = json!(heads))?;
    for event in [&bad, &after] {
        stage.peer.transact(std::slice::from_ref(event)).await?;
    }
    stage.alice.receive(&room, &after.id).await?;
    stage.peer.transact(std::slice::from_ref(&bad)).await?;
    stage.keep(&room, &after);
    stage.absent(&room, &[bad]).await?;
    let power = stage.alice.state(&room, "m.room.power_levels", "").await?;
    ensure!(power["users"][&stage.bob].is_null(), "a rejected event is the state: {power}");
    Ok(())
}

/// "If there are entries which were themselves rejected […], reject."
async fn rejected_event_authorises_nothing(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let content = json!({ "users": { &stage.bob: 100 } });
    let bad = stage.event(&room, "m.room.power_levels", Some(""), content)?;
    let old = stage.peer.room(&room)?.state_id("m.room.power_levels", "").cloned().unwrap_or_default();
    let topic = stage.changed(&room, "m.room.topic", Some(""), json!({ "topic": "mine" }), |draft| {
        for id in draft["auth_events"].as_array_mut().into_iter().flatten().filter(|id| **id == old.as_str()) {
            *id = json!(bad.id);
        }
    })?;
    stage.refused(&room, &[bad, topic]).await
}

/// Who was banned says more in a branch from before the ban: such an event is soft-failed.
async fn banned_by_an_old_branch(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let second = stage.peer.second();
    let carol = second.user("carol");
    let ready = json!({ "membership": "join" });
    let join = finish(stage.peer.room(&room)?.draft(&carol, "m.room.member", Some(&carol), ready), 11, &second.me);
    stage.send(&room, &join).await?;
    stage.alice.receive(&room, &join.id).await?;
    let before = stage.peer.room(&room)?;
    stage.set(&room, "m.room.member", &carol, json!({ "membership": "ban" })).await?;
    let words = json!({ "body": "as if nothing had been", "msgtype": "m.text" });
    let evasion = finish(before.draft(&carol, "m.room.message", None, words), 11, &second.me);
    second.transact(std::slice::from_ref(&evasion)).await?;
    stage.absent(&room, &[evasion]).await
}

/// State from an old branch does not win over what was set since by those in power.
async fn state_reset_by_an_old_branch(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let old = stage.peer.room(&room)?;
    stage.set(&room, "m.room.join_rules", "", json!({ "join_rule": "invite" })).await?;
    let content = json!({ "membership": "join" });
    let carol = stage.peer.user("carol");
    let late = finish(old.draft(&carol, "m.room.member", Some(&carol), content), 11, &stage.peer.me);
    stage.peer.transact(std::slice::from_ref(&late)).await?;
    stage.say(&room, "after the old branch").await?;
    let rule = stage.alice.state(&room, "m.room.join_rules", "").await?;
    ensure_eq!(rule["join_rule"], "invite", "the join rule");
    let member = stage.alice.get(v3!("rooms/{}/state/m.room.member/{}", room, carol)).await?;
    ensure_eq!(member.status, 404, "somebody has joined by a rule of the past");
    Ok(())
}

/// A redaction by somebody without the power, of another server's event, redacts nothing.
async fn redaction_without_power(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let victim = stage.alice.say(&room, "stays").await?;
    stage.arrives(&room, &victim).await?;
    let redaction = stage.event(&room, "m.room.redaction", None, json!({ "redacts": victim }))?;
    stage.keep(&room, &redaction);
    stage.peer.transact(&[redaction]).await?;
    stage.say(&room, "after the redaction").await?;
    ensure_eq!(stage.alice.event(&room, &victim).await?["content"]["body"], "stays", "the message");
    Ok(())
}

/// A room that is not for other servers.
async fn m_federate_false(stage: Stage) -> Outcome {
    let body = json!({ "preset": "public_chat", "creation_content": { "m.federate": false } });
    let room = stage.alice.create_room(body).await?;
    let reply = stage.peer.try_make("join", &room, &stage.bob).await?;
    ensure!([403, 404].contains(&reply.status), "a room that is not federated: {}", reply.brief());
    Ok(())
}

/// "If any of the properties users_default, events_default, […] in content are present and not an integer, reject."
async fn powers_that_are_no_numbers(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let honest = stage.peer.room(&room)?.content("m.room.power_levels", "");
    let levels =
        [json!("50"), json!("much"), json!(50.5), json!(null), json!([50]), json!({ "level": 50 }), json!(true)];
    let numbers = [json!(9_007_199_254_740_992_u64), json!(u64::MAX), json!(-9_007_199_254_740_992_i64)];
    let mut events = Vec::new();
    for (number, level) in levels.into_iter().chain(numbers).enumerate() {
        let mut content = honest.clone();
        match number % 3 {
            0 => content["state_default"] = level,
            1 => content["events"] = json!({ "m.room.topic": level }),
            _ => content["users"][stage.peer.user("carol")] = level,
        }
        events.push(stage.event(&room, "m.room.power_levels", Some(""), content)?);
    }
    for event in &events {
        // What is no canonical JSON may be refused as a whole.
        let reply = stage.peer.try_transact(std::slice::from_ref(&event.pdu), &[]).await?;
        ensure!(reply.status < 500, "an event was answered with {}: {}", reply.brief(), event.pdu);
    }
    stage.absent(&room, &events).await?;
    let power = stage.alice.state(&room, "m.room.power_levels", "").await?;
    ensure_eq!(power, honest, "the power levels");
    Ok(())
}

/// "If the m.room.member event […] join_authorised_via_users_server […] is not joined, or does not have sufficient power
/// to invite, reject."
async fn authorised_by_nobody(stage: Stage) -> Outcome {
    let other = stage.alice.private_room().await?;
    let rule = json!({
        "type": "m.room.join_rules", "state_key": "",
        "content": { "join_rule": "restricted", "allow": [{ "type": "m.room_membership", "room_id": other }] },
    });
    let power = json!({ "invite": 50 });
    let body = json!({
        "preset": "public_chat", "room_version": "11", "initial_state": [rule], "power_level_content_override": power,
    });
    let room = stage.alice.create_room(body).await?;
    let weak = stage.alice.server.user("weak").await?;
    stage.alice.post(v3!("rooms/{}/invite", room), json!({ "user_id": weak.id })).await?.ok()?;
    weak.post(v3!("join/{}", room), json!({})).await?.ok()?;
    // Carol of Bob's server was invited, so the room is there.
    let carol = stage.peer.user("carol");
    stage.alice.post(v3!("rooms/{}/invite", room), json!({ "user_id": carol })).await?.ok()?;
    stage.peer.enter(&room, &carol).await?;
    let nobody = format!("@nobody:{}", stage.peer.under_test());
    for by in [stage.bob.clone(), carol, nobody, weak.id.clone(), stage.alice.id.clone()] {
        let content = json!({ "membership": "join", "join_authorised_via_users_server": by });
        let join = stage.event(&room, "m.room.member", Some(&stage.bob), content)?;
        let reply = stage.peer.try_deliver("join", &room, &join).await?;
        ensure!((400..500).contains(&reply.status), "a join that {by} has not allowed: {}", reply.brief());
        stage.peer.transact(std::slice::from_ref(&join)).await?;
    }
    let member = stage.alice.get(v3!("rooms/{}/state/m.room.member/{}", room, stage.bob)).await?;
    ensure_eq!(member.status, 404, "Bob is in the room");
    Ok(())
}

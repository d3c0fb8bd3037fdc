//! Events that are not signed as they should be, on each path on which events come (CVE-2022-39200 and its kin).

use super::prelude::*;

tests! { "advisory_signatures":
    missing, "validating-hashes-and-signatures-on-received-events", [];
    by_another_key, "validating-hashes-and-signatures-on-received-events", [];
    by_another_server, "validating-hashes-and-signatures-on-received-events", [];
    under_another_key_id, "validating-hashes-and-signatures-on-received-events", [];
    of_odd_key_ids, "validating-hashes-and-signatures-on-received-events", [];
    changed_after_signing, "validating-hashes-and-signatures-on-received-events", [];
    wrong_hash_is_redacted, "validating-hashes-and-signatures-on-received-events", [];
    in_the_name_of_the_server_under_test, "validating-hashes-and-signatures-on-received-events", [];
    passed_on_for_another, "validating-hashes-and-signatures-on-received-events", [];
    in_missing_events, "backfilling-and-retrieving-missing-events", [];
    in_backfill, "backfilling-and-retrieving-missing-events", [];
    in_send_join, "joining-rooms", [];
    in_send_leave, "leaving-rooms-rejecting-invites", [];
    in_send_knock, "knocking-rooms", [];
    in_invite, "inviting-to-a-room", [];
}

/// A message signed by another than who should have.
fn signed_by(stage: &Stage, room: &str, by: &crate::peer::Identity) -> Result<Event, Failure> {
    let known = stage.peer.room(room)?;
    let draft = known.draft(&stage.bob, "m.room.message", None, json!({ "body": "forged", "msgtype": "m.text" }));
    Ok(finish(draft, known.version, by))
}

async fn missing(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut event = stage.message(&room, "unsigned")?;
    event.pdu["signatures"] = json!({});
    stage.refused(&room, &[event]).await
}

async fn by_another_key(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = signed_by(&stage, &room, &stage.peer.me.forged()?)?;
    stage.refused(&room, &[event]).await
}

async fn by_another_server(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = signed_by(&stage, &room, &stage.peer.second().me)?;
    stage.refused(&room, &[event]).await
}

async fn under_another_key_id(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = signed_by(&stage, &room, &stage.peer.me.with_key_id("ed25519:nobody_knows"))?;
    stage.refused(&room, &[event]).await
}

/// Key ids that another server has, of other algorithms, and without sense.
async fn of_odd_key_ids(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let second = stage.peer.second().me.key_id;
    let mut events = Vec::new();
    for id in [second.as_str(), "rsa:scripted", "scripted", "", "ed25519:", "ed25519:policy_server", "ed25519:a:b"] {
        events.push(signed_by(&stage, &room, &stage.peer.me.with_key_id(id))?);
    }
    stage.refused(&room, &events).await
}

/// A signature covers what a redaction keeps.
async fn changed_after_signing(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut event = stage.message(&room, "changed")?;
    event.pdu["depth"] = json!(4_000);
    let event = Event { id: event_id(&event.pdu, 11), pdu: event.pdu };
    stage.refused(&room, &[event]).await
}

/// "If the hash is not right, the event is redacted before further processing": it gets in, but not what was said.
async fn wrong_hash_is_redacted(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut event = stage.message(&room, "before")?;
    event.pdu["content"]["body"] = json!("something else");
    stage.keep(&room, &event);
    stage.peer.transact(std::slice::from_ref(&event)).await?;
    let seen = stage.alice.receive(&room, &event.id).await?;
    ensure_eq!(seen["content"], json!({}), "content that does not fit the hash");
    Ok(())
}

async fn in_the_name_of_the_server_under_test(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let known = stage.peer.room(&room)?;
    let content = json!({ "body": "I am Alice", "msgtype": "m.text" });
    let draft = known.draft(&stage.alice.id, "m.room.message", None, content);
    let event = finish(draft.clone(), known.version, &stage.peer.me);
    let as_them = finish(draft, known.version, &stage.peer.me.with_name(stage.peer.under_test()));
    stage.refused(&room, &[event, as_them]).await
}

/// A server may pass on what another has signed, and only that.
async fn passed_on_for_another(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let second = stage.peer.second();
    let carol = second.user("carol");
    let ready = second.ready("join", &room, &carol).await?;
    second.try_deliver("join", &room, &ready.event).await?.ok()?;
    stage.keep(&room, &ready.event);
    let draft =
        stage.peer.room(&room)?.draft(&carol, "m.room.message", None, json!({ "body": "x", "msgtype": "m.text" }));
    let forged = finish(draft.clone(), 11, &stage.peer.me);
    stage.refused(&room, &[forged]).await?;
    let draft =
        stage.peer.room(&room)?.draft(&carol, "m.room.message", None, json!({ "body": "y", "msgtype": "m.text" }));
    let honest = finish(draft, 11, &second.me);
    stage.send(&room, &honest).await?;
    stage.alice.receive(&room, &honest.id).await.map(drop)
}

async fn in_missing_events(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let good = stage.message(&room, "beside a forgery")?;
    let forged = signed_by(&stage, &room, &stage.peer.me.forged()?)?;
    // The peer itself believes it, and tells it to who asks for what is missing.
    stage.keep(&room, &forged);
    let after = stage.message(&room, "after a forgery")?;
    stage.keep(&room, &after);
    stage.peer.transact(&[after]).await?;
    wait_for("a question for what is missing".to_owned(), || async {
        Ok((!stage.peer.asked("get_missing_events", &room).is_empty()).then_some(()))
    })
    .await?;
    // A server that takes a room's events in one after the other has judged the forgery before this one.
    stage.peer.transact(std::slice::from_ref(&good)).await?;
    stage.alice.receive(&room, &good.id).await?;
    for _ in 0..10 {
        let reply = stage.alice.get(v3!("rooms/{}/event/{}", room, forged.id)).await?;
        ensure!(reply.status != 200, "a forged event came in among missing ones: {}", reply.brief());
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let said = stage.alice.say(&room, "all is well").await?;
    stage.alice.event(&room, &said).await.map(drop)
}

async fn in_backfill(stage: Stage) -> Outcome {
    let room = stage.hosted()?;
    let forged = signed_by(&stage, &room, &stage.peer.me.forged()?)?;
    stage.keep(&room, &forged);
    let honest = stage.message(&room, "honest")?;
    stage.keep(&room, &honest);
    stage.join(&room).await?;
    let path = format!("{}?dir=b&limit=100", v3!("rooms/{}/messages", room));
    let look = || async {
        let answer = stage.alice.get(&path).await?.ok()?;
        ensure!(!answer.to_string().contains("forged"), "a forged event came in with old history: {answer}");
        Ok((!stage.peer.asked("backfill", &room).is_empty()).then_some(()))
    };
    wait_for("a question for old history".to_owned(), look).await?;
    for _ in 0..3 {
        look().await?;
    }
    Ok(())
}

async fn in_send_join(stage: Stage) -> Outcome {
    let room = stage.alice.public_room().await?;
    let mut ready = stage.peer.ready("join", &room, &stage.bob).await?;
    ready.event =
        finish(crate::peer::without(&ready.event.pdu, &["signatures"]), ready.version, &stage.peer.me.forged()?);
    let reply = stage.peer.try_deliver("join", &room, &ready.event).await?;
    ensure!((400..500).contains(&reply.status), "a forged join: {}", reply.brief());
    let member = stage.alice.get(v3!("rooms/{}/state/m.room.member/{}", room, stage.bob)).await?;
    ensure_eq!(member.status, 404, "Bob is in the room");
    Ok(())
}

async fn in_send_leave(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let mut ready = stage.peer.ready("leave", &room, &stage.bob).await?;
    ready.event =
        finish(crate::peer::without(&ready.event.pdu, &["signatures"]), ready.version, &stage.peer.me.forged()?);
    let reply = stage.peer.try_deliver("leave", &room, &ready.event).await?;
    ensure!((400..500).contains(&reply.status), "a forged leave: {}", reply.brief());
    stage.say(&room, "I am still here").await.map(drop)
}

async fn in_send_knock(stage: Stage) -> Outcome {
    let room = super::super::knock::door(&stage).await?;
    let ready = stage.peer.ready("knock", &room, &stage.bob).await?;
    let bare = crate::peer::without(&ready.event.pdu, &["signatures"]);
    for by in [stage.peer.me.forged()?, stage.peer.second().me] {
        let forged = finish(bare.clone(), ready.version, &by);
        let reply = stage.peer.try_deliver("knock", &room, &forged).await?;
        ensure!((400..500).contains(&reply.status), "a forged knock: {}", reply.brief());
    }
    let member = stage.alice.get(v3!("rooms/{}/state/m.room.member/{}", room, stage.bob)).await?;
    ensure_eq!(member.status, 404, "Bob has knocked");
    Ok(())
}

async fn in_invite(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    let (event, mut body) = super::super::invite::invite_of(&stage, &room)?;
    let bare = crate::peer::without(&event.pdu, &["signatures"]);
    for by in [stage.peer.me.forged()?, stage.peer.second().me] {
        let forged = finish(bare.clone(), 11, &by);
        body["event"] = forged.pdu.clone();
        let reply = super::super::invite::try_invite(&stage, &room, &forged, &body).await?;
        ensure!((400..500).contains(&reply.status), "a forged invite: {}", reply.brief());
    }
    let answer = stage.alice.first_sync().await?;
    ensure!(answer["rooms"]["invite"][&room].is_null(), "a forged invite is shown");
    Ok(())
}

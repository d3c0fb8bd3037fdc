//! Server ACLs: who is shut out, and how they try to get in (CVE-2023-45129: a huge list).

use super::prelude::*;

tests! { "advisory_acl":
    shut_out, "server-access-control-lists-acls", [];
    reads_are_shut, "server-access-control-lists-acls", [];
    edus_are_shut, "server-access-control-lists-acls", [];
    case_and_port, "server-access-control-lists-acls", [];
    passed_on_by_another, "server-access-control-lists-acls", [];
    other_rooms_stay_open, "server-access-control-lists-acls", [];
    huge, "server-access-control-lists-acls", [];
    malformed, "server-access-control-lists-acls", [];
    globs_that_take_long, "server-access-control-lists-acls", [];
}

/// Alice shuts servers out of a room, or none.
async fn shut(stage: &Stage, room: &str, deny: Value) -> Outcome {
    let content = json!({ "allow": ["*"], "deny": deny, "allow_ip_literals": true });
    let event = stage.alice.set_state(room, "m.room.server_acl", "", content).await?;
    stage.arrives(room, &event).await.map(drop)
}

/// A shared room from which the peer is shut out.
async fn closed(stage: &Stage) -> Result<String, Failure> {
    let room = stage.shared().await?;
    shut(stage, &room, json!(["127.0.0.1"])).await?;
    Ok(room)
}

/// An event does not get in: "the PDU MUST be ignored with an appropriate error included in the response", and after a
/// while, Alice still cannot read it.
async fn kept_out(stage: &Stage, room: &str, event: &Event) -> Outcome {
    let results = stage.peer.transact(std::slice::from_ref(event)).await?;
    ensure!(results[&event.id]["error"].is_string(), "what is said to a server that is shut out: {results}");
    let open = stage.shared().await?;
    stage.say(&open, "meanwhile").await?;
    let reply = stage.alice.get(v3!("rooms/{}/event/{}", room, event.id)).await?;
    ensure!(reply.status != 200, "an event of a server that is shut out: {}", event.pdu);
    Ok(())
}

async fn shut_out(stage: Stage) -> Outcome {
    let room = closed(&stage).await?;
    let event = stage.message(&room, "let me in")?;
    kept_out(&stage, &room, &event).await
}

async fn reads_are_shut(stage: Stage) -> Outcome {
    let room = closed(&stage).await?;
    let event = stage.peer.room(&room)?.heads.first().cloned().unwrap_or_default();
    let id = encode(&event);
    let paths = [
        format!("{}?event_id={id}", fed!("v1/state/{}", room)),
        format!("{}?event_id={id}", fed!("v1/state_ids/{}", room)),
        format!("{}?limit=5&v={id}", fed!("v1/backfill/{}", room)),
        fed!("v1/event_auth/{}/{}", room, event),
        format!("{}?ver=11", fed!("v1/make_join/{}/{}", room, stage.bob)),
        fed!("v1/make_leave/{}/{}", room, stage.bob),
    ];
    for path in paths {
        stage.peer.get(path).await?.error(403, "M_FORBIDDEN")?;
    }
    let body = json!({ "earliest_events": [], "latest_events": [event], "limit": 5, "min_depth": 0 });
    stage.peer.post(fed!("v1/get_missing_events/{}", room), &body).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn edus_are_shut(stage: Stage) -> Outcome {
    let (room, open) = (closed(&stage).await?, stage.shared().await?);
    let since = stage.alice.now().await?;
    for room in [&room, &open] {
        let content = json!({ "room_id": room, "user_id": stage.bob, "typing": true });
        stage.peer.send_edu("m.typing", content).await?;
    }
    let typing = |answer: &Value, room: &str| {
        events(joined(answer, room), "ephemeral").iter().any(|event| event["content"]["user_ids"] == json!([stage.bob]))
    };
    // Always from the same token on, so that the answer has all that has come.
    let answer = wait_for("typing in the open room".to_owned(), || async {
        let answer = stage.alice.sync_since(&since).await?;
        Ok(typing(&answer, &open).then_some(answer))
    })
    .await?;
    ensure!(!typing(&answer, &room), "somebody of a server that is shut out is typing: {answer}");
    Ok(())
}

/// Carol of the second server joins a room of Alice's.
async fn carol(stage: &Stage, room: &str) -> Result<String, Failure> {
    let second = stage.peer.second();
    let carol = second.user("carol");
    let ready = second.ready("join", room, &carol).await?;
    second.try_deliver("join", room, &ready.event).await?.ok()?;
    stage.keep(room, &ready.event);
    Ok(carol)
}

/// A message of Carol's.
fn by_carol(stage: &Stage, room: &str, carol: &str) -> Result<Event, Failure> {
    let words = json!({ "body": "let me in", "msgtype": "m.text" });
    let draft = stage.peer.room(room)?.draft(carol, "m.room.message", None, words);
    Ok(finish(draft, 11, &stage.peer.second().me))
}

/// Names are compared without regard to case, and without their port.
async fn case_and_port(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let carol = carol(&stage, &room).await?;
    shut(&stage, &room, json!(["LOCALHOS?"])).await?;
    let event = by_carol(&stage, &room, &carol)?;
    stage.peer.second().transact(std::slice::from_ref(&event)).await?;
    stage.absent(&room, &[event]).await
}

/// The list is for the server that sends, whoever the sender is: it "does not restrict the events relative to the room DAG
/// […], but instead act[s] purely at the network layer".
async fn passed_on_by_another(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let carol = carol(&stage, &room).await?;
    shut(&stage, &room, json!(["127.0.0.1"])).await?;
    kept_out(&stage, &room, &by_carol(&stage, &room, &carol)?).await?;
    let event = stage.message(&room, "by a detour")?;
    stage.peer.second().transact(std::slice::from_ref(&event)).await?;
    stage.alice.receive(&room, &event.id).await.map(drop)
}

async fn other_rooms_stay_open(stage: Stage) -> Outcome {
    let (room, open) = (closed(&stage).await?, stage.shared().await?);
    let (bad, good) = (stage.message(&room, "closed")?, stage.message(&open, "open")?);
    stage.keep(&open, &good);
    stage.peer.transact(&[bad, good.clone()]).await?;
    stage.alice.receive(&open, &good.id).await.map(drop)
}

async fn huge(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let deny: Vec<String> = (0..2_500).map(|number| format!("*.evil{number}.example.org")).collect();
    let content = json!({ "allow": ["*"], "deny": deny, "allow_ip_literals": true });
    let event = stage.event(&room, "m.room.server_acl", Some(""), content)?;
    stage.send(&room, &event).await?;
    let started = std::time::Instant::now();
    for number in 0..20 {
        stage.say(&room, &format!("number {number}")).await?;
    }
    // Much more than that many messages may take on a busy machine.
    ensure!(started.elapsed().as_secs() < 120, "twenty messages took {:?}", started.elapsed());
    Ok(())
}

/// A list that makes no sense: its parts are left out, and nothing breaks.
async fn malformed(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    for content in [
        json!({ "allow": "*", "deny": 7 }),
        json!({ "allow": ["*", 1, null], "deny": [{}] }),
        json!({ "allow": [["*"]], "allow_ip_literals": "yes" }),
    ] {
        let event = stage.event(&room, "m.room.server_acl", Some(""), content)?;
        stage.keep(&room, &event);
        stage.peer.transact(&[event]).await?;
        stage.alice.first_sync().await?;
    }
    let open = stage.shared().await?;
    stage.say(&open, "and on it goes").await.map(drop)
}

async fn globs_that_take_long(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let glob = format!("{}b", "*a".repeat(60));
    let content = json!({ "allow": ["*"], "deny": [glob], "allow_ip_literals": true });
    let event = stage.event(&room, "m.room.server_acl", Some(""), content)?;
    stage.send(&room, &event).await?;
    stage.say(&room, "and on it goes").await.map(drop)
}

//! Lies in the answer to a knock: what is shown of the room.

use super::prelude::*;

tests! { "lies_send_knock":
    of_another_room, "knocking-rooms", [];
    with_a_forged_event, "knocking-rooms", [];
    with_another_member, "knocking-rooms", [];
    huge, "knocking-rooms", [];
}

/// Those about the form.
pub fn forms() -> Vec<Test> {
    forms!("send_knock", "knocking-rooms", form)
}

/// Alice knocks, and a lie is the answer. Gives the answer to her, and what she is shown.
async fn knocked<L>(stage: &Stage, room: &str, lie: L) -> Result<(Reply, Vec<Value>), Failure>
where
    L: Fn(Answer) -> Answer + Send + Sync + 'static,
{
    let told = Told::new(&stage.peer, "send_knock", room, |_| true, move |_, honest| lie(honest));
    let name = encode(&stage.peer.me.name);
    let path = format!("{}?via={name}&server_name={name}", v3!("knock/{}", room));
    let reply = stage.alice.post(path, json!({})).await?;
    harmless(&reply)?;
    ensure!(told.times() > 0, "the peer was not knocked at");
    let answer = stage.alice.first_sync().await?;
    let shown = events(&answer["rooms"]["knock"][room], "knock_state").to_vec();
    for event in &shown {
        let whole = event["type"].is_string() && event["state_key"].is_string() && event["sender"].is_string();
        ensure!(whole && event["content"].is_object(), "a client is shown this: {event}");
    }
    let text = json!(shown).to_string();
    ensure!(!text.contains(FALSE), "what nobody said is shown: {text}");
    ensure!(text.len() < 1 << 20, "a knock makes every sync huge");
    Ok((reply, shown))
}

async fn form(stage: Stage, lie: Form) -> Outcome {
    let room = stage.hosted_of(11, "knock")?;
    let (reply, _) = knocked(&stage, &room, lie).await?;
    stage.peer.honest("send_knock", &room);
    goes_on(&stage).await?;
    // Somebody else comes to the same door.
    let other = stage.alice.server.user("other").await?;
    let name = encode(&stage.peer.me.name);
    let path = format!("{}?via={name}&server_name={name}", v3!("knock/{}", room));
    let again = other.post(path, json!({})).await?;
    ensure_eq!(again.status, 200, "a knock after {}: {}", reply.brief(), again.brief());
    Ok(())
}

/// A knock with more events in its answer.
async fn with(stage: &Stage, room: &str, more: Vec<Value>) -> Result<Vec<Value>, Failure> {
    let (_, shown) = knocked(stage, room, move |honest| {
        honest.changed(|answer| {
            if let Some(state) = answer["knock_room_state"].as_array_mut() {
                state.extend(more.clone());
            }
        })
    })
    .await?;
    Ok(shown)
}

/// "Entries which are improperly signed or formatted SHOULD be removed": whole events are those of the room.
async fn of_another_room(stage: Stage) -> Outcome {
    let (room, other) = (stage.hosted_of(11, "knock")?, stage.hosted()?);
    let name = stage.event(&other, "m.room.name", Some(""), json!({ "name": FALSE }))?;
    with(&stage, &room, vec![name.pdu]).await.map(drop)
}

async fn with_a_forged_event(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "knock")?;
    let draft = stage.peer.room(&room)?.draft(&stage.bob, "m.room.name", Some(""), json!({ "name": FALSE }));
    with(&stage, &room, vec![finish(draft, 11, &stage.peer.me.forged()?).pdu]).await.map(drop)
}

/// That Alice knocks is told by her own event, not by what stands beside it.
async fn with_another_member(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "knock")?;
    let member = json!({
        "type": "m.room.member", "state_key": stage.alice.id, "sender": "@boss:example.org",
        "content": { "membership": "invite", "displayname": "The Boss" },
    });
    for event in with(&stage, &room, vec![member]).await? {
        let hers = event["type"] == "m.room.member" && event["state_key"] == stage.alice.id;
        ensure!(!hers || event["sender"] == stage.alice.id, "who knocks, as the client sees it: {event}");
    }
    goes_on(&stage).await
}

async fn huge(stage: Stage) -> Outcome {
    let entry = |number: usize| {
        json!({
            "type": "m.room.name", "state_key": number.to_string(), "sender": stage.bob,
            "content": { "name": "x".repeat(50_000) },
        })
    };
    let room = stage.hosted_of(11, "knock")?;
    with(&stage, &room, (0..60).map(entry).collect()).await?;
    goes_on(&stage).await
}

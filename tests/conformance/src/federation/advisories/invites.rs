//! Invites that are made to break things (CVE-2024-52815: `/sync`; CVE-2023-32323: a huge `invite_room_state`).

use super::super::invite::{invite_of, try_invite};
use super::prelude::*;

tests! { "advisory_invites":
    malformed_state, "inviting-to-a-room", [];
    huge_state, "inviting-to-a-room", [];
    state_of_other_kinds, "inviting-to-a-room", [];
    state_of_another_room, "inviting-to-a-room", [];
    member_among_the_state, "inviting-to-a-room", [];
    malformed_event, "inviting-to-a-room", [];
    no_invite_at_all, "inviting-to-a-room", [];
    of_an_own_room, "inviting-to-a-room", [];
    flood, "inviting-to-a-room", [];
}

/// Invites Alice with this `invite_room_state`. Whatever is answered, she can sync; gives what she is shown, or null.
async fn shown(stage: &Stage, state: Value) -> Result<Value, Failure> {
    let room = stage.hosted_of(11, "invite")?;
    let (event, mut body) = invite_of(stage, &room)?;
    body["invite_room_state"] = state;
    let reply = try_invite(stage, &room, &event, &body).await?;
    ensure!(reply.status < 500, "an invite: {}", reply.brief());
    let answer = stage.alice.first_sync().await?;
    Ok(answer["rooms"]["invite"][&room].clone())
}

async fn malformed_state(stage: Stage) -> Outcome {
    let states = [
        json!(null),
        json!("x"),
        json!({}),
        json!([null, 1, "x", [], {}]),
        json!([{ "type": "m.room.name", "state_key": "", "sender": 1, "content": "x" }]),
        json!([{ "type": "m.room.create", "state_key": 1, "content": null, "sender": "nobody" }]),
        json!([{ "type": "m.room.join_rules", "state_key": "", "sender": "@a:b", "content": { "join_rule": [] } }]),
    ];
    for state in states {
        let shown = shown(&stage, state).await?;
        for event in events(&shown, "invite_state") {
            let whole = event["type"].is_string() && event["state_key"].is_string() && event["sender"].is_string();
            ensure!(whole && event["content"].is_object(), "a client is shown this: {event}");
        }
    }
    Ok(())
}

async fn huge_state(stage: Stage) -> Outcome {
    let entry = |number: usize| {
        json!({
            "type": "m.room.name", "state_key": number.to_string(), "sender": stage.bob,
            "content": { "name": "x".repeat(50_000) },
        })
    };
    let state: Vec<Value> = (0..60).map(entry).collect();
    let shown = shown(&stage, json!(state)).await?;
    ensure!(shown.to_string().len() < 1_000_000, "an invite makes every sync huge");
    Ok(())
}

/// What is shown of a room comes from a stranger: only what is meant for it.
async fn state_of_other_kinds(stage: Stage) -> Outcome {
    let event = |kind: &str| json!({ "type": kind, "state_key": "", "sender": stage.bob, "content": {} });
    let state =
        json!([event("m.room.power_levels"), event("org.example.anything"), event("m.room.third_party_invite")]);
    let shown = shown(&stage, state).await?;
    let kinds: Vec<&Value> = events(&shown, "invite_state").iter().map(|event| &event["type"]).collect();
    ensure!(!kinds.iter().any(|kind| **kind == "org.example.anything"), "anything is shown: {kinds:?}");
    Ok(())
}

/// Whole events of another room: from version 1.16 on they are checked.
async fn state_of_another_room(stage: Stage) -> Outcome {
    let other = stage.hosted()?;
    let mut known = stage.peer.room(&other)?;
    let content = json!({ "name": "Somebody else's" });
    known.add(&finish(known.draft(&stage.bob, "m.room.name", Some(""), content), 11, &stage.peer.me));
    let shown = shown(&stage, json!(known.stripped())).await?;
    for event in events(&shown, "invite_state") {
        ensure!(event["room_id"].is_null() || event["room_id"] != other.as_str(), "of another room: {event}");
    }
    Ok(())
}

/// An invite tells who invites by its own event, not by what stands beside it.
async fn member_among_the_state(stage: Stage) -> Outcome {
    let forged = json!({
        "type": "m.room.member", "state_key": stage.alice.id, "sender": "@boss:example.org",
        "content": { "membership": "invite", "displayname": "The Boss" },
    });
    let shown = shown(&stage, json!([forged])).await?;
    let state = events(&shown, "invite_state");
    let members = state.iter().filter(|event| event["type"] == "m.room.member" && event["state_key"] == stage.alice.id);
    for member in members {
        ensure_eq!(member["sender"], stage.bob.as_str(), "who invites, as the client sees it");
    }
    Ok(())
}

async fn malformed_event(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    let (event, honest) = invite_of(&stage, &room)?;
    for wrong in [json!(null), json!("x"), json!([]), json!({}), json!({ "type": "m.room.member", "content": 1 })] {
        let mut body = honest.clone();
        body["event"] = wrong.clone();
        let reply = try_invite(&stage, &room, &event, &body).await?;
        ensure!((400..500).contains(&reply.status), "the event {wrong}: {}", reply.brief());
    }
    stage.alice.first_sync().await.map(drop)
}

/// Events that are whole and signed, and no invites.
async fn no_invite_at_all(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    let alice = stage.alice.id.as_str();
    let events = [
        stage.event(&room, "m.room.member", Some(alice), json!({ "membership": "join" }))?,
        stage.event(&room, "m.room.member", Some(alice), json!({ "membership": "ban" }))?,
        stage.event(&room, "m.room.member", Some(alice), json!({}))?,
        stage.event(&room, "m.room.topic", Some(alice), json!({ "membership": "invite" }))?,
        stage.event(&room, "m.room.member", None, json!({ "membership": "invite" }))?,
    ];
    for event in &events {
        let body = json!({ "room_version": "11", "event": event.pdu, "invite_room_state": [] });
        let reply = try_invite(&stage, &room, event, &body).await?;
        ensure!((400..500).contains(&reply.status), "this is no invite: {}: {}", event.pdu, reply.brief());
    }
    Ok(())
}

/// An invite to a room that the server under test is in, by somebody who is not.
async fn of_an_own_room(stage: Stage) -> Outcome {
    let room = stage.alice.private_room().await?;
    let other = stage.alice.server.user("other").await?;
    let known = Room::new(&room, 11);
    let content = json!({ "membership": "invite" });
    let event = finish(known.draft(&stage.bob, "m.room.member", Some(&other.id), content), 11, &stage.peer.me);
    let body = json!({ "room_version": "11", "event": event.pdu, "invite_room_state": [] });
    let reply = try_invite(&stage, &room, &event, &body).await?;
    ensure!(reply.status < 500, "an invite to an own room: {}", reply.brief());
    ensure_eq!(stage.alice.membership(&room, &other).await?, "none", "the membership in the room");
    Ok(())
}

/// Many invites: all but the last may be refused, and everything else goes on.
async fn flood(stage: Stage) -> Outcome {
    for _ in 0..60 {
        let room = stage.hosted_of(11, "invite")?;
        let (event, body) = invite_of(&stage, &room)?;
        let reply = try_invite(&stage, &room, &event, &body).await?;
        ensure!(reply.status < 500, "one of many invites: {}", reply.brief());
    }
    stage.alice.first_sync().await?;
    stage.shared().await.map(drop)
}

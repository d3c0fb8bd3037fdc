//! Lies in the answer to an invite: "Once the event has been signed by both the inviting homeserver and the invited
//! homeserver, it can be sent to all of the servers in the room".

use super::prelude::*;
use crate::peer::events::sign;

tests! { "lies_invite":
    countersignature_is_missing, "inviting-to-a-room", [];
    countersignature_is_forged, "inviting-to-a-room", [];
    countersignature_of_another, "inviting-to-a-room", [];
    signature_of_the_inviter_is_missing, "inviting-to-a-room", [];
    another_event, "inviting-to-a-room", [];
    a_join, "inviting-to-a-room", [];
    of_another_room, "inviting-to-a-room", [];
}

/// Those about the form.
pub fn forms() -> Vec<Test> {
    forms!("invite", "inviting-to-a-room", form)
}

async fn invite(stage: &Stage, room: &str) -> Result<Reply, Failure> {
    stage.alice.post(v3!("rooms/{}/invite", room), json!({ "user_id": stage.bob })).await
}

/// Alice invites Bob to a room of hers, and a lie is the answer. After an error he is not invited, else by nothing but her
/// own event; and he can be invited when the truth is told again.
async fn invited<L>(stage: &Stage, lie: L) -> Result<Reply, Failure>
where
    L: Fn(Answer) -> Answer + Send + Sync + 'static,
{
    let room = stage.alice.create_room(json!({ "preset": "private_chat", "room_version": "11" })).await?;
    let told = Told::new(&stage.peer, "invite", &room, |_| true, move |_, honest| lie(honest));
    let reply = invite(stage, &room).await?;
    harmless(&reply)?;
    ensure!(told.times() > 0, "the peer was not asked");
    told.take_back();
    let state = stage.alice.all_state(&room).await?;
    let member = find(&state, "m.room.member", &stage.bob).cloned().unwrap_or_default();
    if reply.status >= 400 {
        ensure!(member.is_null(), "an invite that failed stands in the room: {member}");
        ensure_eq!(invite(stage, &room).await?.status, 200, "an invite after one that failed");
    } else {
        ensure_eq!(member["content"]["membership"], "invite", "the membership of Bob");
        ensure_eq!(member["sender"], stage.alice.id, "who invites");
        ensure!(!member.to_string().contains(FALSE), "what nobody said is in the invite: {member}");
    }
    stage.alice.say(&room, "all is well again").await?;
    Ok(reply)
}

async fn form(stage: Stage, lie: Form) -> Outcome {
    invited(&stage, lie).await?;
    goes_on(&stage).await
}

/// The same where the event that comes back is changed.
async fn returned(stage: &Stage, change: impl Fn(Value) -> Value + Send + Sync + 'static) -> Result<Reply, Failure> {
    invited(stage, move |honest| honest.changed(|answer| answer["event"] = change(answer["event"].take()))).await
}

/// Without a signature of Bob's server, or with one that is none, nobody else would take the invite.
async fn refused(stage: &Stage, change: impl Fn(Value) -> Value + Send + Sync + 'static) -> Outcome {
    let reply = returned(stage, change).await?;
    ensure!(reply.status >= 400, "an invite that Bob's server has not signed: {}", reply.brief());
    Ok(())
}

async fn countersignature_is_missing(stage: Stage) -> Outcome {
    let name = stage.peer.me.name.clone();
    refused(&stage, move |mut event| {
        if let Some(signatures) = event["signatures"].as_object_mut() {
            signatures.remove(&name);
        }
        event
    })
    .await
}

async fn countersignature_is_forged(stage: Stage) -> Outcome {
    let forged = stage.peer.me.forged()?;
    refused(&stage, move |event| sign(event, 11, &forged)).await
}

async fn countersignature_of_another(stage: Stage) -> Outcome {
    let (name, second) = (stage.peer.me.name.clone(), stage.peer.second().me);
    refused(&stage, move |event| {
        let mut event = sign(event, 11, &second);
        if let Some(signatures) = event["signatures"].as_object_mut() {
            signatures.remove(&name);
        }
        event
    })
    .await
}

/// What comes back lacks what Alice's server has signed: its own event has it all the same.
async fn signature_of_the_inviter_is_missing(stage: Stage) -> Outcome {
    let name = stage.peer.under_test().to_owned();
    returned(&stage, move |mut event| {
        if let Some(signatures) = event["signatures"].as_object_mut() {
            signatures.remove(&name);
        }
        event
    })
    .await
    .map(drop)
}

/// An event of Bob's with these changes comes back in the place of the invite.
async fn replaced(stage: &Stage, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Outcome {
    let (bob, me) = (stage.bob.clone(), stage.peer.me.clone());
    returned(stage, move |event| {
        let mut bare = crate::peer::without(&event, &["signatures", "hashes"]);
        bare["sender"] = json!(bob);
        change(&mut bare);
        finish(bare, 11, &me).pdu
    })
    .await?;
    goes_on(stage).await
}

async fn another_event(stage: Stage) -> Outcome {
    replaced(&stage, |event| event["content"]["displayname"] = json!(FALSE)).await
}

async fn a_join(stage: Stage) -> Outcome {
    replaced(&stage, |event| event["content"]["membership"] = json!("join")).await
}

async fn of_another_room(stage: Stage) -> Outcome {
    let other = stage.hosted()?;
    replaced(&stage, move |event| event["room_id"] = json!(other)).await
}

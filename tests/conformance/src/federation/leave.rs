//! Leaving rooms of others, and rejecting their invites.

use super::prelude::*;

tests! { "leave":
    template, "leaving-rooms-rejecting-invites", ["GET /_matrix/federation/v1/make_leave/{roomId}/{userId}"];
    template_for_a_stranger, "leaving-rooms-rejecting-invites", ["GET /_matrix/federation/v1/make_leave/{roomId}/{userId} M_FORBIDDEN"];
    leaves, "leaving-rooms-rejecting-invites", ["PUT /_matrix/federation/v2/send_leave/{roomId}/{eventId}"];
    by_transaction, "leaving-rooms-rejecting-invites", [];
    rejects_an_invite, "leaving-rooms-rejecting-invites", [];
    theirs, "leaving-rooms-rejecting-invites", [];
    rejects_their_invite, "leaving-rooms-rejecting-invites", [];
    kicked, "leaving-rooms-rejecting-invites", [];
}

async fn template(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    stage.peer.make("leave", &room, &stage.bob).await.map(drop)
}

async fn template_for_a_stranger(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    stage.peer.try_make("leave", &room, &stage.peer.user("carol")).await?.error(403, "M_FORBIDDEN").map(drop)
}

fn left() -> Value {
    json!({ "membership": "leave" })
}

async fn leaves(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    stage.peer.depart(&room, &stage.bob).await?;
    stage.alice.see_state(&room, "m.room.member", &stage.bob, left()).await.map(drop)
}

async fn by_transaction(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.event(&room, "m.room.member", Some(&stage.bob), left())?;
    stage.send(&room, &event).await?;
    stage.alice.see_state(&room, "m.room.member", &stage.bob, left()).await.map(drop)
}

async fn rejects_an_invite(stage: Stage) -> Outcome {
    let room = stage.alice.private_room().await?;
    stage.alice.post(v3!("rooms/{}/invite", room), json!({ "user_id": stage.bob })).await?.ok()?;
    stage.peer.depart(&room, &stage.bob).await?;
    stage.alice.see_state(&room, "m.room.member", &stage.bob, left()).await.map(drop)
}

/// Waits until Alice has left at the peer.
async fn left_there(stage: &Stage, room: &str) -> Outcome {
    wait_for("the leave at the peer".to_owned(), || async {
        let content = stage.peer.room(room)?.content("m.room.member", &stage.alice.id);
        Ok((content["membership"] == "leave").then_some(()))
    })
    .await
}

async fn theirs(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    stage.alice.leave(&room).await?;
    left_there(&stage, &room).await
}

async fn rejects_their_invite(stage: Stage) -> Outcome {
    let room = stage.hosted_of(11, "invite")?;
    super::invite::invited(&stage, &room).await?;
    stage.alice.leave(&room).await?;
    left_there(&stage, &room).await?;
    ensure!(!stage.peer.asked("send_leave", &room).is_empty(), "send_leave should have been asked");
    Ok(())
}

async fn kicked(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let event = stage.event(&room, "m.room.member", Some(&stage.alice.id), left())?;
    stage.send(&room, &event).await?;
    wait_for("Alice out of the room".to_owned(), || async {
        let answer = stage.alice.first_sync().await?;
        Ok(joined(&answer, &room).is_null().then_some(()))
    })
    .await?;
    stage.alice.try_send(&room, "m.room.message", json!({ "body": "still here" })).await?.refused(403).map(drop)
}

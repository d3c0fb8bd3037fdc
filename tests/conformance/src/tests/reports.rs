//! Reporting events, rooms and users.

use super::prelude::*;

tests! { "reports":
    event, "reporting-content", ["POST v3/rooms/{roomId}/report/{eventId}"];
    event_without_reason, "reporting-content", ["POST v3/rooms/{roomId}/report/{eventId}"];
    event_with_old_score, "reporting-content", ["POST v3/rooms/{roomId}/report/{eventId}"];
    event_not_joined, "reporting-content", ["POST v3/rooms/{roomId}/report/{eventId} M_NOT_FOUND"];
    event_unknown, "reporting-content", ["POST v3/rooms/{roomId}/report/{eventId} M_NOT_FOUND"];
    room, "reporting-content", ["POST v3/rooms/{roomId}/report"];
    room_not_joined, "reporting-content", ["POST v3/rooms/{roomId}/report"];
    room_unknown, "reporting-content", ["POST v3/rooms/{roomId}/report M_NOT_FOUND"];
    user, "reporting-content", ["POST v3/users/{userId}/report"];
    user_unknown, "reporting-content", ["POST v3/users/{userId}/report M_NOT_FOUND"];
    reason_required, "reporting-content",
        ["POST v3/rooms/{roomId}/report 400", "POST v3/users/{userId}/report 400"];
    bad_reasons, "reporting-content", ["POST v3/rooms/{roomId}/report/{eventId} 400",
        "POST v3/rooms/{roomId}/report 400", "POST v3/users/{userId}/report 400"];
    long_reason, "reporting-content", ["POST v3/rooms/{roomId}/report"];
    needs_token, "reporting-content", ["POST v3/rooms/{roomId}/report/{eventId} M_MISSING_TOKEN",
        "POST v3/rooms/{roomId}/report M_MISSING_TOKEN", "POST v3/users/{userId}/report M_MISSING_TOKEN"];
}

/// Not found, or the 200 with which a server may hide whether something exists.
fn hidden(reply: Reply) -> Outcome {
    match reply.status {
        200 => reply.ok().map(drop),
        _ => reply.error(404, "M_NOT_FOUND").map(drop),
    }
}

async fn event(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let event = alice.say(&room, "spam").await?;
    let path = v3!("rooms/{}/report/{}", room, event);
    for reason in ["this makes me sad", ""] {
        ensure_eq!(bob.post(&path, json!({ "reason": reason })).await?.ok()?, json!({}), "answer");
    }
    // The one who is reported does not learn of it.
    let seen = alice.first_sync().await?.to_string();
    ensure!(!seen.contains("this makes me sad"), "a report shows in a sync");
    Ok(())
}

/// For events the reason is optional.
async fn event_without_reason(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let event = alice.say(&room, "spam").await?;
    alice.post(v3!("rooms/{}/report/{}", room, event), json!({})).await?.ok().map(drop)
}

/// Clients in use still send the `score` that v1.18 removed.
async fn event_with_old_score(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let event = alice.say(&room, "spam").await?;
    let body = json!({ "reason": "old", "score": -100 });
    alice.post(v3!("rooms/{}/report/{}", room, event), body).await?.ok().map(drop)
}

/// "servers MUST verify that the reporting user is currently joined to the room the event is in"
async fn event_not_joined(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let event = alice.say(&room, "spam").await?;
    let path = v3!("rooms/{}/report/{}", room, event);
    hidden(bob.post(&path, json!({ "reason": "never joined" })).await?)?;
    bob.join(&room).await?;
    bob.leave(&room).await?;
    hidden(bob.post(&path, json!({ "reason": "has left" })).await?)
}

async fn event_unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, other) = (alice.private_room().await?, alice.private_room().await?);
    let elsewhere = alice.say(&other, "in another room").await?;
    for event in ["$nothing", elsewhere.as_str()] {
        hidden(alice.post(v3!("rooms/{}/report/{}", room, event), json!({ "reason": "?" })).await?)?;
    }
    Ok(())
}

async fn room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for reason in ["this makes me sad", ""] {
        let answer = alice.post(v3!("rooms/{}/report", room), json!({ "reason": reason })).await?.ok()?;
        ensure_eq!(answer, json!({}), "answer");
    }
    Ok(())
}

/// "servers MUST NOT restrict room reports based on whether or not the reporting user is joined to the room"
async fn room_not_joined(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for room in [alice.public_room().await?, alice.private_room().await?] {
        bob.post(v3!("rooms/{}/report", room), json!({ "reason": "bad name" })).await?.ok()?;
    }
    Ok(())
}

async fn room_unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let nowhere = format!("!nowhere:{}", server.name());
    hidden(alice.post(v3!("rooms/{}/report", nowhere), json!({ "reason": "?" })).await?)
}

/// "servers MUST NOT restrict user reports based on whether or not the reporting user is joined to any rooms that the
/// reported user is joined to"
async fn user(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for reason in ["bad name", ""] {
        let answer = alice.post(v3!("users/{}/report", bob), json!({ "reason": reason })).await?.ok()?;
        ensure_eq!(answer, json!({}), "answer");
    }
    Ok(())
}

async fn user_unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let nobody = format!("@{}:{}", server.fresh("nobody"), server.name());
    hidden(alice.post(v3!("users/{}/report", nobody), json!({ "reason": "?" })).await?)
}

/// `reason` is required in reports of rooms and users.
async fn reason_required(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    for path in [v3!("rooms/{}/report", room), v3!("users/{}/report", bob)] {
        alice.post(path, json!({})).await?.refused(400)?;
    }
    Ok(())
}

async fn bad_reasons(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    let event = alice.say(&room, "spam").await?;
    for path in [v3!("rooms/{}/report/{}", room, event), v3!("rooms/{}/report", room), v3!("users/{}/report", bob)] {
        for reason in [json!(7), json!(["a"]), json!({})] {
            let reply = alice.post(&path, json!({ "reason": reason })).await?;
            ensure!(reply.status == 400, "reason {reason}: {} {}", reply.request, reply.brief());
            reply.refused(400)?;
        }
        let reply = server.raw(Method::POST, &path, Some(&alice.token), "{oops").await?;
        reply.error(400, "M_NOT_JSON")?;
    }
    Ok(())
}

/// A reason without end is taken or refused, but not an error of the server.
async fn long_reason(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let reply = alice.post(v3!("rooms/{}/report", room), json!({ "reason": "a".repeat(200_000) })).await?;
    ensure!([200, 400, 413].contains(&reply.status), "a long reason: {}", reply.brief());
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let event = alice.say(&room, "spam").await?;
    for path in [v3!("rooms/{}/report/{}", room, event), v3!("rooms/{}/report", room), v3!("users/{}/report", alice)] {
        server.post(path, json!({ "reason": "?" })).await?.error(401, "M_MISSING_TOKEN")?;
    }
    Ok(())
}

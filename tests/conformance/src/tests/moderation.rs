//! Kicking, banning, and the power it takes.

use super::membership::pair;
use super::prelude::*;

tests! { "moderation":
    kick, "room-membership", ["POST v3/rooms/{roomId}/kick"];
    kick_without_power, "room-membership", ["POST v3/rooms/{roomId}/kick M_FORBIDDEN"];
    kick_absent, "room-membership", ["POST v3/rooms/{roomId}/kick M_FORBIDDEN"];
    kick_from_outside, "room-membership", ["POST v3/rooms/{roomId}/kick M_FORBIDDEN"];
    kick_withdraws_invite, "room-membership", ["POST v3/rooms/{roomId}/kick"];
    ban, "banning-users-in-a-room", ["POST v3/rooms/{roomId}/ban"];
    ban_without_power, "banning-users-in-a-room", ["POST v3/rooms/{roomId}/ban M_FORBIDDEN"];
    ban_stranger, "banning-users-in-a-room", ["POST v3/rooms/{roomId}/ban"];
    unban, "banning-users-in-a-room", ["POST v3/rooms/{roomId}/unban"];
    unban_without_power, "banning-users-in-a-room", ["POST v3/rooms/{roomId}/unban M_FORBIDDEN"];
    unban_not_banned, "banning-users-in-a-room", ["POST v3/rooms/{roomId}/unban 403"];
    no_power_over_equals, "permissions", ["POST v3/rooms/{roomId}/kick M_FORBIDDEN"];
    bad_bodies, "room-membership",
        ["POST v3/rooms/{roomId}/kick 400", "POST v3/rooms/{roomId}/ban 400", "POST v3/rooms/{roomId}/unban 400"];
    bad_membership_value, "room-membership", ["PUT v3/rooms/{roomId}/state/{eventType}/{stateKey} 400"];
}

async fn kick(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let body = json!({ "user_id": bob.id, "reason": "spam" });
    ensure_eq!(alice.post(v3!("rooms/{}/kick", room), body).await?.ok()?, json!({}), "answer");
    let member = alice.state(&room, "m.room.member", &bob.id).await?;
    ensure_eq!((&member["membership"], &member["reason"]), (&json!("leave"), &json!("spam")), "member event");
    // A kick is no ban.
    bob.join(&room).await
}

async fn kick_without_power(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    bob.act("kick", &room, &carol).await?.error(403, "M_FORBIDDEN")?;
    bob.act("kick", &room, &alice).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(alice.membership(&room, &carol).await?, "join", "membership");
    Ok(())
}

/// 403: "The kickee is not currently in the room."
async fn kick_absent(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    alice.act("kick", &room, &bob).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn kick_from_outside(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.act("kick", &room, &alice).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn kick_withdraws_invite(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    alice.act("kick", &room, &bob).await?.ok()?;
    bob.post(v3!("rooms/{}/join", room), json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn ban(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let body = json!({ "user_id": bob.id, "reason": "trolling" });
    ensure_eq!(alice.post(v3!("rooms/{}/ban", room), body).await?.ok()?, json!({}), "answer");
    let member = alice.state(&room, "m.room.member", &bob.id).await?;
    ensure_eq!((&member["membership"], &member["reason"]), (&json!("ban"), &json!("trolling")), "member event");
    bob.post(v3!("rooms/{}/join", room), json!({})).await?.refused(403)?;
    bob.try_send(&room, "org.example.ping", json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn ban_without_power(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    bob.act("ban", &room, &alice).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// Somebody who never was in the room can be banned before they come.
async fn ban_stranger(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    alice.act("ban", &room, &bob).await?.ok()?;
    bob.post(v3!("rooms/{}/join", room), json!({})).await?.refused(403).map(drop)
}

async fn unban(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.act("ban", &room, &bob).await?.ok()?;
    ensure_eq!(alice.act("unban", &room, &bob).await?.ok()?, json!({}), "answer");
    ensure_eq!(alice.membership(&room, &bob).await?, "leave", "membership after the unban");
    bob.join(&room).await
}

async fn unban_without_power(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    alice.act("ban", &room, &carol).await?.ok()?;
    bob.act("unban", &room, &carol).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(alice.membership(&room, &carol).await?, "ban", "membership");
    Ok(())
}

/// M_BAD_STATE: "such as attempting to unban a user who is not banned".
async fn unban_not_banned(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let reply = alice.act("unban", &room, &bob).await?;
    ensure!(matches!(reply.status, 400 | 403), "status: {}", reply.brief());
    let code = reply.json["errcode"].as_str().unwrap_or_default();
    ensure!(matches!(code, "M_BAD_STATE" | "M_FORBIDDEN"), "error code {code}");
    ensure_eq!(alice.membership(&room, &bob).await?, "join", "membership");
    Ok(())
}

/// Who has no more power than another can neither kick, ban nor lower them.
async fn no_power_over_equals(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    alice.change_power(&room, json!({ "users": { &bob.id: 50, &carol.id: 50 } })).await?;
    bob.act("kick", &room, &carol).await?.error(403, "M_FORBIDDEN")?;
    bob.act("ban", &room, &carol).await?.error(403, "M_FORBIDDEN")?;
    alice.change_power(&room, json!({ "users": { &bob.id: 51 } })).await?;
    bob.act("kick", &room, &carol).await?.ok().map(drop)
}

/// `user_id` is required, and is a user id.
async fn bad_bodies(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    for verb in ["kick", "ban", "unban", "invite"] {
        for body in [json!({}), json!({ "user_id": 5 }), json!({ "user_id": "no-user-id" }), json!([])] {
            let reply = alice.post(v3!("rooms/{}/{}", room, verb), body.clone()).await?;
            ensure!(matches!(reply.status, 400 | 403), "{verb} with {body} was answered {}", reply.brief());
            ensure!(reply.json["errcode"].is_string(), "{verb} with {body} was answered {}", reply.brief());
        }
    }
    Ok(())
}

async fn bad_membership_value(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    for content in [json!({ "membership": "hover" }), json!({ "membership": 5 }), json!({})] {
        let reply = alice.try_state(&room, "m.room.member", &alice.id, content.clone()).await?;
        ensure!(matches!(reply.status, 400 | 403), "{content} was answered {}", reply.brief());
    }
    let reply = alice.try_state(&room, "m.room.member", "no-user-id", json!({ "membership": "invite" })).await?;
    ensure!(matches!(reply.status, 400 | 403), "a state key that is no user id was answered {}", reply.brief());
    ensure_eq!(alice.membership(&room, &bob).await?, "join", "membership of another");
    Ok(())
}

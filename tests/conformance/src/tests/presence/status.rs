//! Presence.

use super::super::membership::pair;
use super::prelude::*;
use super::{get, set};

tests! { "presence":
    set_and_get, "presence", ["PUT v3/presence/{userId}/status", "GET v3/presence/{userId}/status"];
    of_another_set, "presence", ["PUT v3/presence/{userId}/status M_FORBIDDEN"];
    bad_bodies, "presence", ["PUT v3/presence/{userId}/status 400"];
    last_active, "last-active-ago", ["GET v3/presence/{userId}/status"];
    shared_room, "presence", ["GET v3/presence/{userId}/status"];
    stranger, "presence", ["GET v3/presence/{userId}/status M_FORBIDDEN"];
    unknown_user, "presence", ["GET v3/presence/{userId}/status 404"];
}

async fn set_and_get(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for presence in ["unavailable", "online", "offline"] {
        let body = json!({ "presence": presence, "status_msg": "I am here." });
        ensure_eq!(set(&alice, body).await?.ok()?, json!({}), "answer");
        let got = get(&alice, &alice).await?;
        ensure_eq!(got["presence"], presence, "presence: {got}");
        ensure_eq!(got["status_msg"], "I am here.", "status_msg: {got}");
    }
    Ok(())
}

/// "You cannot set the presence state of another user."
async fn of_another_set(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    let path = v3!("presence/{}/status", bob);
    alice.put(path, json!({ "presence": "online", "status_msg": "forged" })).await?.error(403, "M_FORBIDDEN")?;
    ensure!(get(&alice, &bob).await?["status_msg"] != "forged", "nothing changed");
    Ok(())
}

async fn bad_bodies(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let bodies = [
        json!({}),
        json!({ "status_msg": "no presence" }),
        json!({ "presence": "asleep" }),
        json!({ "presence": 1 }),
        json!({ "presence": "online", "status_msg": 1 }),
    ];
    for body in bodies {
        set(&alice, body).await?.refused(400)?;
    }
    Ok(())
}

/// "The length of time in milliseconds since an action was performed by this user."
async fn last_active(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    set(&alice, json!({ "presence": "online" })).await?.ok()?;
    let got = get(&alice, &alice).await?;
    let ago = got["last_active_ago"].as_u64();
    ensure!(ago.is_some_and(|ago| ago < 60_000), "last_active_ago: {got}");
    Ok(())
}

async fn shared_room(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    set(&alice, json!({ "presence": "unavailable", "status_msg": "away" })).await?.ok()?;
    let got = get(&bob, &alice).await?;
    ensure_eq!(got["presence"], "unavailable", "presence: {got}");
    ensure_eq!(got["status_msg"], "away", "status_msg: {got}");
    Ok(())
}

/// "You are not allowed to see this user's presence status."
async fn stranger(server: Server) -> Outcome {
    let (alice, mallory) = (server.user("alice").await?, server.user("mallory").await?);
    set(&alice, json!({ "presence": "online", "status_msg": "secret" })).await?.ok()?;
    mallory.get(v3!("presence/{}/status", alice)).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// "There is no presence state for this user. This user may not exist or isn't exposing presence information to you."
async fn unknown_user(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let nobody = format!("@{}:{}", server.fresh("nobody"), server.name());
    let reply = alice.get(v3!("presence/{}/status", nobody)).await?;
    ensure!(matches!(reply.status, 403 | 404), "status: {}", reply.brief());
    Ok(())
}

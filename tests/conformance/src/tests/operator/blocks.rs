//! `/_synapse/admin/v1/rooms/{roomId}/block`.

use super::prelude::*;

tests! { "operator_blocks":
    block, "server-administration", ["PUT /_synapse/admin/v1/rooms/{roomId}/block",
        "GET /_synapse/admin/v1/rooms/{roomId}/block"];
    unknown_room, "server-administration", ["PUT /_synapse/admin/v1/rooms/{roomId}/block"];
    bad_body, "server-administration", ["PUT /_synapse/admin/v1/rooms/{roomId}/block 400"];
    administrators_only, "server-administration", ["PUT /_synapse/admin/v1/rooms/{roomId}/block M_FORBIDDEN",
        "GET /_synapse/admin/v1/rooms/{roomId}/block M_FORBIDDEN"];
}

fn path(room: &str) -> String {
    format!("/_synapse/admin/v1/rooms/{}/block", encode(room))
}

/// Nobody enters a blocked room; whoever is in it stays.
async fn block(server: Server) -> Outcome {
    let (alice, bob, admin) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    let room = alice.public_room().await?;
    ensure_eq!(admin.get(path(&room)).await?.ok()?["block"], false, "before");
    ensure_eq!(admin.put(path(&room), json!({ "block": true })).await?.ok()?["block"], true, "answer");
    ensure_eq!(admin.get(path(&room)).await?.ok()?["block"], true, "after");
    bob.post(v3!("join/{}", room), json!({})).await?.refused(403)?;
    alice.say(&room, "still here").await?;
    ensure_eq!(admin.put(path(&room), json!({ "block": false })).await?.ok()?["block"], false, "answer");
    bob.join(&room).await
}

/// A room need not be known to be kept out.
async fn unknown_room(server: Server) -> Outcome {
    let admin = server.admin().await?;
    let room = format!("!{}:{}", server.fresh("unknown"), server.name());
    ensure_eq!(admin.put(path(&room), json!({ "block": true })).await?.ok()?["block"], true, "answer");
    ensure_eq!(admin.get(path(&room)).await?.ok()?["block"], true, "after");
    Ok(())
}

async fn bad_body(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let room = alice.private_room().await?;
    for body in [json!({}), json!({ "block": "yes" })] {
        admin.put(path(&room), body).await?.refused(400)?;
    }
    ensure_eq!(admin.get(path(&room)).await?.ok()?["block"], false, "after");
    Ok(())
}

async fn administrators_only(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.put(path(&room), json!({ "block": true })).await?.error(403, "M_FORBIDDEN")?;
    alice.get(path(&room)).await?.error(403, "M_FORBIDDEN").map(drop)
}

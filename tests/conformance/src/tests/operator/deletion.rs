//! `DELETE /_synapse/admin/v2/rooms/{roomId}` and what became of it.

use std::time::Duration;

use super::prelude::*;

tests! { "operator_deletion":
    room_goes, "server-administration", ["DELETE /_synapse/admin/v2/rooms/{roomId}",
        "GET /_synapse/admin/v2/rooms/delete_status/{deleteId}"];
    room_goes_and_is_blocked, "server-administration", ["DELETE /_synapse/admin/v2/rooms/{roomId}"];
    members_hear_that_they_have_left, "syncing", ["GET v3/sync"];
    nothing_under_this_id, "server-administration",
        ["GET /_synapse/admin/v2/rooms/delete_status/{deleteId} M_NOT_FOUND"];
    bad_requests, "server-administration", ["DELETE /_synapse/admin/v2/rooms/{roomId} 400"];
    administrators_only, "server-administration", ["DELETE /_synapse/admin/v2/rooms/{roomId} M_FORBIDDEN",
        "GET /_synapse/admin/v2/rooms/delete_status/{deleteId} M_FORBIDDEN"];
}

/// Deletes a room and waits until it is gone.
async fn delete(admin: &User, room: &str, body: Value) -> Outcome {
    let path = format!("/_synapse/admin/v2/rooms/{}", encode(room));
    let answer = admin.server.call(Method::DELETE, &path, Some(&admin.token), Some(&body)).await?.ok()?;
    let path = format!("/_synapse/admin/v2/rooms/delete_status/{}", text(&answer, "delete_id")?);
    for _ in 0..600 {
        let status = admin.get(&path).await?.ok()?;
        match status["status"].as_str() {
            Some("complete") => return Ok(()),
            Some("scheduled" | "active" | "shutting_down" | "purging") => {}
            _ => return Err(Failure::new(format!("status: {status}"))),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(Failure::new("the room is still being deleted"))
}

async fn room_goes(server: Server) -> Outcome {
    let (alice, bob, admin) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    let (room, other) = (alice.public_room().await?, alice.public_room().await?);
    for room in [&room, &other] {
        bob.join(room).await?;
        bob.say(room, "hello").await?;
    }
    delete(&admin, &room, json!({})).await?;
    for user in [&alice, &bob] {
        let rooms = user.get(v3!("joined_rooms")).await?.ok()?;
        ensure_eq!(rooms["joined_rooms"], json!([other]), "rooms that are left");
        let refused = user.get(v3!("rooms/{}/state", room)).await?;
        ensure!((403..=404).contains(&refused.status), "its state: {}", refused.brief());
    }
    let join = bob.post(v3!("join/{}", room), json!({})).await?;
    ensure!((400..500).contains(&join.status), "it can be joined: {}", join.brief());
    bob.say(&other, "and another one is as it was").await.map(drop)
}

async fn room_goes_and_is_blocked(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let room = alice.public_room().await?;
    delete(&admin, &room, json!({ "block": true })).await?;
    let blocked = admin.get(format!("/_synapse/admin/v1/rooms/{}/block", encode(&room))).await?.ok()?;
    ensure_eq!(blocked["block"], true, "blocked");
    Ok(())
}

/// "leave: The rooms that the user has left or been banned from": also for a client that was not there meanwhile.
async fn members_hear_that_they_have_left(server: Server) -> Outcome {
    let (alice, bob, admin) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let tokens = [alice.now().await?, bob.now().await?];
    delete(&admin, &room, json!({})).await?;
    for (user, since) in [&alice, &bob].into_iter().zip(tokens) {
        let answer = user.sync_since(&since).await?;
        ensure!(answer["rooms"]["leave"][&room].is_object(), "the room is not left: {}", answer["rooms"]);
        ensure!(answer["rooms"]["join"].get(&room).is_none(), "the room is joined");
        let next = user.sync_since(&text(&answer, "next_batch")?).await?;
        ensure!(next["rooms"]["leave"].get(&room).is_none(), "it is left once more");
    }
    Ok(())
}

async fn nothing_under_this_id(server: Server) -> Outcome {
    let admin = server.admin().await?;
    for id in ["unknown", "987654321"] {
        let path = format!("/_synapse/admin/v2/rooms/delete_status/{id}");
        admin.get(path).await?.error(404, "M_NOT_FOUND")?;
    }
    Ok(())
}

async fn bad_requests(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let room = alice.private_room().await?;
    let path = format!("/_synapse/admin/v2/rooms/{}", encode(&room));
    let body = json!({ "block": "yes" });
    admin.server.call(Method::DELETE, &path, Some(&admin.token), Some(&body)).await?.refused(400)?;
    let path = "/_synapse/admin/v2/rooms/no-room";
    admin.server.call(Method::DELETE, path, Some(&admin.token), Some(&json!({}))).await?.refused(400)?;
    alice.say(&room, "it is still there").await.map(drop)
}

async fn administrators_only(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let path = format!("/_synapse/admin/v2/rooms/{}", encode(&room));
    server.call(Method::DELETE, &path, Some(&alice.token), Some(&json!({}))).await?.error(403, "M_FORBIDDEN")?;
    alice.get("/_synapse/admin/v2/rooms/delete_status/1").await?.error(403, "M_FORBIDDEN")?;
    alice.say(&room, "it is still there").await.map(drop)
}

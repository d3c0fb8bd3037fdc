//! Summaries of rooms.

use super::directory::add;
use super::prelude::*;

tests! { "summary":
    public_room, "room-summaries", ["GET v1/room_summary/{roomIdOrAlias}"];
    by_alias, "room-summaries", ["GET v1/room_summary/{roomIdOrAlias}"];
    unstable_paths, "room-summaries", [];
    of_private_room, "room-summaries", ["GET v1/room_summary/{roomIdOrAlias} M_NOT_FOUND"];
    of_unknown_room, "room-summaries", ["GET v1/room_summary/{roomIdOrAlias} M_NOT_FOUND"];
    membership, "room-summaries", ["GET v1/room_summary/{roomIdOrAlias}"];
    restricted, "room-summaries", ["GET v1/room_summary/{roomIdOrAlias}"];
}

async fn public_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let body = json!({
        "preset": "public_chat", "name": "Sum", "topic": "T", "room_version": "11",
        "initial_state": [{ "type": "m.room.encryption", "content": { "algorithm": "m.megolm.v1.aes-sha2" } }],
    });
    let room = alice.create_room(body).await?;
    let want = json!({
        "room_id": room, "name": "Sum", "topic": "T", "num_joined_members": 1, "join_rule": "public",
        "world_readable": false, "guest_can_join": false, "room_version": "11", "encryption": "m.megolm.v1.aes-sha2",
    });
    // A server may keep what it sums up in an index that lags behind.
    let answer = wait_for("the whole summary".to_owned(), || async {
        let answer = bob.get(v1!("room_summary/{}", room)).await?.ok()?;
        Ok((answer["num_joined_members"] == 1 && answer["name"] == "Sum").then_some(answer))
    })
    .await?;
    for (key, value) in want.as_object().into_iter().flatten() {
        ensure_eq!(answer[key], *value, "{key} of the summary");
    }
    Ok(())
}

async fn by_alias(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let alias = add(&alice, &room, "sum").await?;
    ensure_eq!(bob.get(v1!("room_summary/{}", alias)).await?.ok()?["room_id"], room.as_str(), "room of the alias");
    Ok(())
}

/// Clients in use still ask by the paths of MSC3266.
async fn unstable_paths(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let base = "/_matrix/client/unstable/im.nheko.summary";
    for path in [format!("{base}/rooms/{}/summary", encode(&room)), format!("{base}/summary/{}", encode(&room))] {
        ensure_eq!(bob.get(&path).await?.ok()?["room_id"], room.as_str(), "room_id by {path}");
    }
    Ok(())
}

/// A room that one may neither join nor read does not show that it exists.
async fn of_private_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    bob.get(v1!("room_summary/{}", room)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn of_unknown_room(server: Server) -> Outcome {
    let bob = server.user("bob").await?;
    let nowhere = format!("!nowhere:{}", server.name());
    bob.get(v1!("room_summary/{}", nowhere)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn membership(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    let path = v1!("room_summary/{}", room);
    ensure_eq!(alice.get(&path).await?.ok()?["membership"], "join", "membership of a member");
    alice.invite(&room, &bob).await?;
    ensure_eq!(bob.get(&path).await?.ok()?["membership"], "invite", "membership of an invited user");
    Ok(())
}

async fn restricted(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let lobby = alice.public_room().await?;
    let allow = json!([{ "type": "m.room_membership", "room_id": lobby }]);
    let rules = json!([{ "type": "m.room.join_rules", "content": { "join_rule": "restricted", "allow": allow } }]);
    let room = alice.create_room(json!({ "initial_state": rules })).await?;
    let path = v1!("room_summary/{}", room);
    bob.get(&path).await?.error(404, "M_NOT_FOUND")?;
    bob.join(&lobby).await?;
    let answer = wait_for("the join_rule".to_owned(), || async {
        let answer = bob.get(&path).await?.ok()?;
        Ok((answer["join_rule"] == "restricted").then_some(answer))
    })
    .await?;
    ensure_eq!(answer["allowed_room_ids"], json!([lobby]), "allowed_room_ids");
    Ok(())
}

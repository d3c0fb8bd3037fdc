//! Asking the other server about users and rooms.

use super::prelude::*;

tests! { "lookup":
    profile, "get_matrixfederationv1queryprofile";
    unknown_profile, "get_matrixfederationv1queryprofile";
    alias, "get_matrixfederationv1querydirectory";
    unknown_alias, "get_matrixfederationv1querydirectory";
    public_rooms, "public-room-directory";
    public_rooms_searched, "public-room-directory";
    hierarchy, "spaces";
    summary, "spaces";
}

async fn profile(Pair { alice, bob }: Pair) -> Outcome {
    bob.put(v3!("profile/{}/displayname", bob), json!({ "displayname": "Bob over there" })).await?.ok()?;
    let answer = alice.get(v3!("profile/{}", bob)).await?.ok()?;
    ensure_eq!(answer["displayname"], "Bob over there", "the name");
    let answer = alice.get(v3!("profile/{}/displayname", bob)).await?.ok()?;
    ensure_eq!(answer["displayname"], "Bob over there", "the name alone");
    Ok(())
}

async fn unknown_profile(Pair { alice, bob }: Pair) -> Outcome {
    let nobody = format!("@{}:{}", alice.server.fresh("nobody"), bob.server.name());
    alice.get(v3!("profile/{}", nobody)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn alias(Pair { alice, bob }: Pair) -> Outcome {
    let name = bob.server.fresh("alias");
    let room = bob.create_room(json!({ "preset": "public_chat", "room_alias_name": name })).await?;
    let answer = alice.get(v3!("directory/room/{}", format!("#{name}:{}", bob.server.name()))).await?.ok()?;
    ensure_eq!(answer["room_id"], room.as_str(), "the room");
    let servers = answer["servers"].as_array().cloned().unwrap_or_default();
    ensure!(
        servers.contains(&json!(bob.server.name())),
        "servers should name the one that is in the room: {servers:?}"
    );
    Ok(())
}

async fn unknown_alias(Pair { alice, bob }: Pair) -> Outcome {
    let alias = format!("#{}:{}", alice.server.fresh("nothing"), bob.server.name());
    alice.get(v3!("directory/room/{}", alias)).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// A published room of Bob's with a name that nothing else has. His own server lists it already: it may have an index that
/// lags behind, and the other one may remember for a while what it was told too early.
async fn published(bob: &User) -> Result<(String, String), Failure> {
    let name = bob.server.fresh("published");
    let body = json!({ "preset": "public_chat", "visibility": "public", "name": name });
    let room = bob.create_room(body).await?;
    let body = json!({ "limit": 10, "filter": { "generic_search_term": name } });
    wait_for("the room in its own directory".to_owned(), || async {
        let answer = bob.post(v3!("publicRooms"), body.clone()).await?.ok()?;
        Ok((answer["chunk"][0]["room_id"] == room.as_str()).then_some(()))
    })
    .await?;
    Ok((room, name))
}

/// A public room of Bob's, which his own server sums up already.
async fn summed_up(bob: &User, name: &str) -> Result<String, Failure> {
    let room = bob.create_room(json!({ "preset": "public_chat", "name": name })).await?;
    wait_for("the name in the summary at home".to_owned(), || async {
        let answer = bob.get(v1!("room_summary/{}", room)).await?.ok()?;
        Ok((answer["name"] == name).then_some(()))
    })
    .await?;
    Ok(room)
}

async fn public_rooms(Pair { alice, bob }: Pair) -> Outcome {
    let (room, name) = published(&bob).await?;
    let path = format!("{}?limit=500&server={}", v3!("publicRooms"), encode(bob.server.name()));
    wait_for("the room in the other's directory".to_owned(), || async {
        let chunk = alice.get(&path).await?.ok()?["chunk"].as_array().cloned().unwrap_or_default();
        Ok(chunk.iter().any(|found| found["room_id"] == room.as_str() && found["name"] == name.as_str()).then_some(()))
    })
    .await
}

async fn public_rooms_searched(Pair { alice, bob }: Pair) -> Outcome {
    let (room, name) = published(&bob).await?;
    let path = format!("{}?server={}", v3!("publicRooms"), encode(bob.server.name()));
    let body = json!({ "limit": 10, "filter": { "generic_search_term": name } });
    wait_for("the room in the other's directory".to_owned(), || async {
        let chunk = alice.post(&path, body.clone()).await?.ok()?["chunk"].as_array().cloned().unwrap_or_default();
        Ok((chunk.len() == 1 && chunk[0]["room_id"] == room.as_str()).then_some(()))
    })
    .await
}

async fn hierarchy(Pair { alice, bob }: Pair) -> Outcome {
    let name = bob.server.fresh("child");
    let child = summed_up(&bob, &name).await?;
    let space = alice.create_room(json!({ "creation_content": { "type": "m.space" } })).await?;
    alice.set_state(&space, "m.space.child", &child, json!({ "via": [bob.server.name()] })).await?;
    let answer = alice.get(v1!("rooms/{}/hierarchy", space)).await?.ok()?;
    let rooms = answer["rooms"].as_array().cloned().unwrap_or_default();
    let found = rooms.iter().find(|room| room["room_id"] == child.as_str());
    ensure_eq!(found.map(|room| &room["name"]), Some(&json!(name)), "the child on the other server");
    Ok(())
}

async fn summary(Pair { alice, bob }: Pair) -> Outcome {
    let name = bob.server.fresh("summary");
    let room = summed_up(&bob, &name).await?;
    let path = format!("{}?via={}", v1!("room_summary/{}", room), encode(bob.server.name()));
    let answer = alice.get(path).await?.ok()?;
    ensure_eq!(answer["name"], name.as_str(), "the name of a room on the other server");
    Ok(())
}

//! What servers ask each other about users, aliases and rooms.

use super::prelude::*;

tests! { "lookups":
    profile, "querying-for-information", ["GET /_matrix/federation/v1/query/profile"];
    profile_of_nobody, "querying-for-information", ["GET /_matrix/federation/v1/query/profile M_NOT_FOUND"];
    profile_of_theirs, "querying-for-information", [];
    directory, "querying-for-information", ["GET /_matrix/federation/v1/query/directory"];
    directory_of_nothing, "querying-for-information", ["GET /_matrix/federation/v1/query/directory M_NOT_FOUND"];
    directory_of_theirs, "querying-for-information", [];
    unknown_query, "querying-for-information", ["GET /_matrix/federation/v1/query/{queryType} 404"];
    public_rooms, "published-room-directory", ["GET /_matrix/federation/v1/publicRooms"];
    public_rooms_searched, "published-room-directory", ["POST /_matrix/federation/v1/publicRooms"];
    public_rooms_of_theirs, "published-room-directory", [];
    hierarchy, "spaces", ["GET /_matrix/federation/v1/hierarchy/{roomId}"];
    hierarchy_of_a_private_room, "spaces", ["GET /_matrix/federation/v1/hierarchy/{roomId} M_NOT_FOUND"];
    hierarchy_of_theirs, "spaces", [];
}

async fn ask_profile(stage: &Stage, user: &str) -> Result<Reply, Failure> {
    stage.peer.get(format!("{}?user_id={}", fed!("v1/query/profile"), encode(user))).await
}

async fn profile(stage: Stage) -> Outcome {
    stage.alice.put(v3!("profile/{}/displayname", stage.alice), json!({ "displayname": "Alice" })).await?.ok()?;
    let answer = ask_profile(&stage, &stage.alice.id).await?.ok()?;
    ensure_eq!(answer["displayname"], "Alice", "the display name");
    let path = format!("{}?user_id={}&field=displayname", fed!("v1/query/profile"), encode(&stage.alice));
    ensure_eq!(stage.peer.get(path).await?.ok()?, json!({ "displayname": "Alice" }), "one field");
    Ok(())
}

async fn profile_of_nobody(stage: Stage) -> Outcome {
    let nobody = format!("@nobody-{}:{}", nonce(), stage.peer.under_test());
    ask_profile(&stage, &nobody).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn profile_of_theirs(stage: Stage) -> Outcome {
    stage.peer.tell("profile", &stage.bob, json!({ "displayname": "Bob" }));
    let answer = stage.alice.get(v3!("profile/{}", stage.bob)).await?.ok()?;
    ensure_eq!(answer["displayname"], "Bob", "the display name");
    Ok(())
}

async fn ask_directory(stage: &Stage, alias: &str) -> Result<Reply, Failure> {
    stage.peer.get(format!("{}?room_alias={}", fed!("v1/query/directory"), encode(alias))).await
}

async fn directory(stage: Stage) -> Outcome {
    let name = nonce();
    let room = stage.alice.create_room(json!({ "preset": "public_chat", "room_alias_name": name })).await?;
    let answer = ask_directory(&stage, &format!("#{name}:{}", stage.peer.under_test())).await?.ok()?;
    ensure_eq!(answer["room_id"], room, "the room");
    let servers = answer["servers"].as_array().cloned().unwrap_or_default();
    ensure!(servers.contains(&json!(stage.peer.under_test())), "the servers: {servers:?}");
    Ok(())
}

async fn directory_of_nothing(stage: Stage) -> Outcome {
    let alias = format!("#{}:{}", nonce(), stage.peer.under_test());
    ask_directory(&stage, &alias).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn directory_of_theirs(stage: Stage) -> Outcome {
    let room = stage.hosted()?;
    let alias = format!("#{}:{}", nonce(), stage.peer.me.name);
    stage.peer.tell("directory", &alias, json!({ "room_id": room, "servers": [stage.peer.me.name] }));
    let answer = stage.alice.post(v3!("join/{}", alias), json!({})).await?.ok()?;
    ensure_eq!(answer["room_id"], room, "the room that was joined");
    Ok(())
}

async fn unknown_query(stage: Stage) -> Outcome {
    let reply = stage.peer.get(fed!("v1/query/org.example.unknown")).await?;
    ensure!((400..500).contains(&reply.status), "an unknown query: {}", reply.brief());
    Ok(())
}

/// A room in the directory of the server under test, under a name of its own.
async fn listed(stage: &Stage) -> Result<(String, String), Failure> {
    let name = format!("Listed {}", nonce());
    let body = json!({ "preset": "public_chat", "visibility": "public", "name": name });
    Ok((stage.alice.create_room(body).await?, name))
}

fn names(answer: &Value, room: &str) -> bool {
    answer["chunk"].as_array().into_iter().flatten().any(|entry| entry["room_id"] == room)
}

async fn public_rooms(stage: Stage) -> Outcome {
    let (room, _) = listed(&stage).await?;
    wait_for("the room in the directory".to_owned(), || async {
        let answer = stage.peer.get(format!("{}?limit=10000", fed!("v1/publicRooms"))).await?.ok()?;
        Ok(names(&answer, &room).then_some(()))
    })
    .await
}

async fn public_rooms_searched(stage: Stage) -> Outcome {
    let (room, name) = listed(&stage).await?;
    let body = json!({ "limit": 10, "filter": { "generic_search_term": name } });
    wait_for("the room in the directory".to_owned(), || async {
        let answer = stage.peer.post(fed!("v1/publicRooms"), &body).await?.ok()?;
        Ok(names(&answer, &room).then_some(()))
    })
    .await
}

async fn public_rooms_of_theirs(stage: Stage) -> Outcome {
    let room = stage.hosted()?;
    let entry = json!({
        "room_id": room, "name": "Theirs", "num_joined_members": 1, "world_readable": false, "guest_can_join": false,
        "join_rule": "public",
    });
    let server = &stage.peer.me.name;
    stage.peer.tell("publicRooms", "", json!({ "chunk": [entry], "total_room_count_estimate": 1 }));
    let answer = stage.alice.get(format!("{}?server={}", v3!("publicRooms"), encode(server))).await?.ok()?;
    ensure!(names(&answer, &room), "the room of the peer should be there: {answer}");
    Ok(())
}

async fn hierarchy(stage: Stage) -> Outcome {
    let space = json!({ "preset": "public_chat", "creation_content": { "type": "m.space" }, "name": "Space" });
    let (room, child) = (stage.alice.create_room(space).await?, stage.alice.public_room().await?);
    let content = json!({ "via": [stage.peer.under_test()] });
    stage.alice.set_state(&room, "m.space.child", &child, content).await?;
    let answer = stage.peer.get(fed!("v1/hierarchy/{}", room)).await?.ok()?;
    ensure_eq!(answer["room"]["room_id"], room, "the space");
    ensure_eq!(answer["room"]["children_state"][0]["state_key"], child, "its child");
    ensure_eq!(answer["children"][0]["room_id"], child, "what is told of the child");
    Ok(())
}

async fn hierarchy_of_a_private_room(stage: Stage) -> Outcome {
    let room = stage.alice.private_room().await?;
    stage.peer.get(fed!("v1/hierarchy/{}", room)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn hierarchy_of_theirs(stage: Stage) -> Outcome {
    let child = stage.hosted()?;
    let told = json!({
        "room_id": child, "name": "Theirs", "num_joined_members": 1, "world_readable": false, "guest_can_join": false,
        "join_rule": "public", "children_state": [],
    });
    stage.peer.tell("hierarchy", &child, json!({ "room": told, "children": [], "inaccessible_children": [] }));
    let space = json!({ "preset": "public_chat", "creation_content": { "type": "m.space" } });
    let room = stage.alice.create_room(space).await?;
    let content = json!({ "via": [stage.peer.me.name] });
    stage.alice.set_state(&room, "m.space.child", &child, content).await?;
    let answer = stage.alice.get(v1!("rooms/{}/hierarchy", room)).await?.ok()?;
    let rooms = answer["rooms"].as_array().cloned().unwrap_or_default();
    ensure!(rooms.iter().any(|told| told["room_id"] == child && told["name"] == "Theirs"), "the child: {answer}");
    Ok(())
}

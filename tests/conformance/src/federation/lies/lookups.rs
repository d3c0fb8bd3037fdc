//! What the server under test asks for its clients, and is told lies about: profiles, aliases, directories of rooms.

use super::prelude::*;

/// All tests of this file.
pub fn tests() -> Vec<Test> {
    [
        forms!("profile", "querying-for-information", profile),
        forms!("directory", "querying-for-information", directory),
        forms!("public_rooms", "published-room-directory", public_rooms),
        large_profiles::tests(),
    ]
    .concat()
}

mod large_profiles {
    use super::*;

    tests! { "lies_large_profile":
        ten_megabytes, "querying-for-information", [];
    }

    /// A name of ten megabytes, as it should be in all else: no client is shown it, and no room has it.
    async fn ten_megabytes(stage: Stage) -> Outcome {
        let dave = stage.peer.user("dave");
        let name = format!("{FALSE}{}", "x".repeat(10 << 20));
        stage.peer.tell("profile", &dave, json!({ "displayname": name }));
        harmless(&stage.alice.get(v3!("profile/{}", dave)).await?)?;
        ensure!(!stage.peer.asked("profile", &dave).is_empty(), "the peer was not asked");
        goes_on(&stage).await
    }
}

/// After the lie was taken back: an error was no more than that, and soon there is what `found` looks for.
async fn truth_comes(stage: &Stage, path: &str, found: impl Fn(&Value) -> bool + Send + Sync) -> Outcome {
    wait_for(format!("the truth at {path}"), || async {
        let reply = stage.alice.get(path).await?;
        Ok((reply.status == 200 && found(&reply.json)).then_some(()))
    })
    .await
}

/// Clients take a display name for text.
async fn profile(stage: Stage, lie: Form) -> Outcome {
    let dave = stage.peer.user("dave");
    stage.peer.tell("profile", &dave, json!({ "displayname": "Dave", "avatar_url": "mxc://example.org/dave" }));
    let told = Told::new(&stage.peer, "profile", &dave, |_| true, move |_, honest| lie(honest));
    let path = v3!("profile/{}", dave);
    let reply = stage.alice.get(&path).await?;
    harmless(&reply)?;
    for field in ["displayname", "avatar_url"] {
        let value = &reply.json[field];
        ensure!(value.is_null() || value.is_string(), "{field} is {value}");
    }
    ensure!(told.times() > 0, "the peer was not asked");
    told.take_back();
    if reply.status >= 400 {
        truth_comes(&stage, &path, |profile| profile["displayname"] == "Dave").await?;
    }
    goes_on(&stage).await
}

async fn directory(stage: Stage, lie: Form) -> Outcome {
    let room = stage.hosted()?;
    let alias = format!("#{}:{}", nonce(), stage.peer.me.name);
    stage.peer.tell("directory", &alias, json!({ "room_id": room, "servers": [stage.peer.me.name] }));
    let told = Told::new(&stage.peer, "directory", &alias, |_| true, move |_, honest| lie(honest));
    let path = v3!("directory/room/{}", alias);
    let reply = stage.alice.get(&path).await?;
    harmless(&reply)?;
    ensure!(reply.status >= 400 || reply.json["room_id"] == room, "another room: {}", reply.brief());
    let join = stage.alice.post(v3!("join/{}", alias), json!({})).await?;
    ensure!(join.status >= 400 || join.json["room_id"] == room, "another room was joined: {}", join.brief());
    ensure!(told.times() > 0, "the peer was not asked");
    told.take_back();
    truth_comes(&stage, &path, |found| found["room_id"] == room).await?;
    goes_on(&stage).await
}

/// Each test searches for a word of its own, for the directory is one for all.
async fn public_rooms(stage: Stage, lie: Form) -> Outcome {
    let (room, word, server) = (stage.hosted()?, nonce(), encode(&stage.peer.me.name));
    let entry = json!({
        "room_id": room, "name": word, "num_joined_members": 1, "world_readable": false, "guest_can_join": false,
        "join_rule": "public",
    });
    let page = Answer::ok(json!({ "chunk": [entry], "total_room_count_estimate": 1 }));
    let searched = word.clone();
    let about = move |request: &Request| request.json["filter"]["generic_search_term"] == searched.as_str();
    let told = Told::new(&stage.peer, "publicRooms", "", about, move |_, _| lie(page.clone()));
    let path = format!("{}?server={server}", v3!("publicRooms"));
    let body = json!({ "limit": 10, "filter": { "generic_search_term": word } });
    let reply = stage.alice.post(path, body).await?;
    harmless(&reply)?;
    ensure!(told.times() > 0, "the peer was not asked");
    let chunk = &reply.json["chunk"];
    ensure!(reply.status >= 400 || chunk.is_array(), "a page of the directory: {}", reply.brief());
    for entry in chunk.as_array().into_iter().flatten() {
        ensure_eq!(entry["room_id"], room, "a room that the peer has not told of");
    }
    goes_on(&stage).await
}

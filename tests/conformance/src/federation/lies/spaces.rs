//! Lies about the rooms of a space that is elsewhere.

use super::prelude::*;

tests! { "lies_hierarchy":
    huge, "spaces", [];
    another_room, "spaces", [];
    rooms_that_are_no_children, "spaces", [];
    of_a_room_here, "spaces", [];
    cycle, "spaces", [];
    spaces_below_spaces, "spaces", [];
}

/// Those about the form.
pub fn forms() -> Vec<Test> {
    forms!("hierarchy", "spaces", form)
}

/// What is told of a room and, if it is a space, of its children.
fn told_of(room: &str, name: &str, children: &[String]) -> Value {
    let child = |id: &String| {
        let server = id.split_once(':').map_or("nowhere.invalid", |(_, server)| server);
        json!({
            "type": "m.space.child", "state_key": id, "sender": "@somebody:example.org", "origin_server_ts": 1,
            "content": { "via": [server] },
        })
    };
    let mut told = json!({
        "room_id": room, "name": name, "num_joined_members": 1, "world_readable": false, "guest_can_join": false,
        "join_rule": "public", "children_state": children.iter().map(child).collect::<Vec<_>>(),
    });
    if !children.is_empty() {
        told["room_type"] = json!("m.space");
    }
    told
}

/// Alice's space with one child at the peer, about which this is told: the space, its child, and what she is shown.
async fn shown<L>(stage: &Stage, lie: L) -> Result<(String, String, Reply), Failure>
where
    L: Fn(&str, Answer) -> Answer + Send + Sync + 'static,
{
    let child = stage.hosted()?;
    let honest = json!({ "room": told_of(&child, "Theirs", &[]), "children": [], "inaccessible_children": [] });
    stage.peer.tell("hierarchy", &child, honest);
    let told = Told::new(&stage.peer, "hierarchy", &child, |_| true, {
        let child = child.clone();
        move |_, honest| lie(&child, honest)
    });
    let space = json!({ "preset": "public_chat", "creation_content": { "type": "m.space" }, "name": "Space" });
    let space = stage.alice.create_room(space).await?;
    stage.alice.set_state(&space, "m.space.child", &child, json!({ "via": [stage.peer.me.name] })).await?;
    let reply = stage.alice.get(format!("{}?limit=50", v1!("rooms/{}/hierarchy", space))).await?;
    ensure_eq!(reply.status, 200, "the part of the tree that is here: {}", reply.brief());
    harmless(&reply)?;
    ensure_eq!(reply.json["rooms"][0]["room_id"], space, "the first room");
    ensure!(told.times() > 0, "the peer was not asked");
    Ok((space, child, reply))
}

/// No other rooms than these are shown, none of them twice.
fn only(reply: &Reply, rooms: &[&str]) -> Outcome {
    let shown = reply.json["rooms"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<&str> = shown.iter().filter_map(|room| room["room_id"].as_str()).collect();
    ensure_eq!(ids.len(), shown.len(), "rooms that have an id");
    ensure!(ids.iter().all(|id| rooms.contains(id)), "rooms that are not of this tree: {ids:?}");
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    ensure_eq!(ids.len(), count, "rooms that are shown once");
    Ok(())
}

async fn form(stage: Stage, lie: Form) -> Outcome {
    let (space, child, reply) = shown(&stage, move |_, honest| lie(honest)).await?;
    only(&reply, &[&space, &child])?;
    goes_on(&stage).await
}

/// Ten thousand children: of an answer that is not too large a page is shown.
async fn huge(stage: Stage) -> Outcome {
    let ids: Vec<String> = (0..10_000).map(|number| format!("!many{number}:{}", stage.peer.me.name)).collect();
    let (.., reply) = shown(&stage, move |child, _| {
        let children: Vec<Value> = ids.iter().map(|id| told_of(id, "One of many", &[])).collect();
        Answer::ok(json!({ "room": told_of(child, "Huge", &ids), "children": children }))
    })
    .await?;
    let count = reply.json["rooms"].as_array().map_or(0, Vec::len);
    ensure!(count <= 50, "{count} rooms on a page of 50");
    goes_on(&stage).await
}

/// The answer is about another room than was asked.
async fn another_room(stage: Stage) -> Outcome {
    let other = stage.hosted()?;
    let (space, child, reply) =
        shown(&stage, move |_, _| Answer::ok(json!({ "room": told_of(&other, FALSE, &[]), "children": [] }))).await?;
    only(&reply, &[&space, &child])
}

async fn rooms_that_are_no_children(stage: Stage) -> Outcome {
    let other = stage.hosted()?;
    let (space, child, reply) = shown(&stage, move |child, _| {
        Answer::ok(json!({ "room": told_of(child, "Theirs", &[]), "children": [told_of(&other, FALSE, &[])] }))
    })
    .await?;
    only(&reply, &[&space, &child])
}

/// Of a room that is here nobody else has to tell anything.
async fn of_a_room_here(stage: Stage) -> Outcome {
    let here = stage.alice.create_room(json!({ "preset": "public_chat", "name": "Here" })).await?;
    let (space, child, reply) = shown(&stage, {
        let here = here.clone();
        move |child, _| {
            let children = [told_of(&here, FALSE, &[])];
            Answer::ok(json!({ "room": told_of(child, "Theirs", &[here.clone()]), "children": children }))
        }
    })
    .await?;
    only(&reply, &[&space, &child, &here])
}

/// A space within itself.
async fn cycle(stage: Stage) -> Outcome {
    let (space, child, reply) = shown(&stage, |child, _| {
        let children = [told_of(child, "Theirs", &[child.to_owned()])];
        Answer::ok(json!({ "room": told_of(child, "Theirs", &[child.to_owned()]), "children": children }))
    })
    .await?;
    only(&reply, &[&space, &child])?;
    goes_on(&stage).await
}

/// Below each space is another one that nobody knows: whoever goes down gets no further than to the end of a page.
async fn spaces_below_spaces(stage: Stage) -> Outcome {
    let name = stage.peer.me.name.clone();
    let (.., reply) = shown(&stage, move |child, _| {
        let below: Vec<String> = (0..100).map(|number| format!("!below{number}-{}:{name}", nonce())).collect();
        let children: Vec<Value> = below.iter().map(|id| told_of(id, "Below", &[format!("!deep:{name}")])).collect();
        Answer::ok(json!({ "room": told_of(child, "Deep", &below), "children": children }))
    })
    .await?;
    let count = reply.json["rooms"].as_array().map_or(0, Vec::len);
    ensure!(count <= 50, "{count} rooms on a page of 50");
    goes_on(&stage).await
}

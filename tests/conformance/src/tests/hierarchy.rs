//! The tree of a space.

use super::prelude::*;

tests! { "hierarchy":
    children, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    room_summary_of_child, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    children_state, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    order, "ordering-of-children-within-a-space", ["GET v1/rooms/{roomId}/hierarchy"];
    depth_first, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    max_depth, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    suggested_only, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    pages, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    changed_parameters, "spaces", ["GET v1/rooms/{roomId}/hierarchy M_INVALID_PARAM"];
    bad_token, "spaces", ["GET v1/rooms/{roomId}/hierarchy M_INVALID_PARAM"];
    bad_limit, "spaces", ["GET v1/rooms/{roomId}/hierarchy 400"];
    zero_limit, "spaces", ["GET v1/rooms/{roomId}/hierarchy 400"];
    private_child_hidden, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    invited_child_shown, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    restricted_child, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    child_without_via, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    cycle, "spaces", ["GET v1/rooms/{roomId}/hierarchy"];
    private_space_refused, "spaces", ["GET v1/rooms/{roomId}/hierarchy M_FORBIDDEN"];
    unknown_room, "spaces", ["GET v1/rooms/{roomId}/hierarchy M_FORBIDDEN"];
}

async fn space(user: &User) -> Result<String, Failure> {
    user.create_room(json!({ "preset": "public_chat", "creation_content": { "type": "m.space" } })).await
}

async fn link(user: &User, parent: &str, child: &str, mut content: Value) -> Result<String, Failure> {
    content["via"] = json!([user.server.name()]);
    user.set_state(parent, "m.space.child", child, content).await
}

/// The rooms of the tree, in order.
async fn tree(user: &User, room: &str, query: &str) -> Result<Vec<String>, Failure> {
    let answer = user.get(format!("{}?{query}", v1!("rooms/{}/hierarchy", room))).await?.ok()?;
    let rooms = answer["rooms"].as_array().cloned().unwrap_or_default();
    Ok(rooms.iter().filter_map(|room| room["room_id"].as_str()).map(str::to_owned).collect())
}

async fn children(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (top, one, two) = (space(&alice).await?, alice.public_room().await?, alice.public_room().await?);
    link(&alice, &top, &one, json!({ "order": "a" })).await?;
    link(&alice, &top, &two, json!({ "order": "b" })).await?;
    ensure_eq!(tree(&alice, &top, "").await?, [top.clone(), one, two], "the space, then its children");
    Ok(())
}

async fn room_summary_of_child(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let top = space(&alice).await?;
    let child = alice.create_room(json!({ "preset": "public_chat", "name": "Child", "topic": "T" })).await?;
    bob.join(&child).await?;
    link(&alice, &top, &child, json!({})).await?;
    // A server may keep what it sums up in an index that lags behind.
    let answer = wait_for("the members of the child".to_owned(), || async {
        let answer = alice.get(v1!("rooms/{}/hierarchy", top)).await?.ok()?;
        Ok((answer["rooms"][1]["num_joined_members"] == 2).then_some(answer))
    })
    .await?;
    ensure_eq!(answer["rooms"][0]["room_type"], "m.space", "room_type of the space");
    let want = json!({
        "room_id": child, "name": "Child", "topic": "T", "num_joined_members": 2, "join_rule": "public",
        "world_readable": false, "guest_can_join": false, "children_state": [],
    });
    for (key, value) in want.as_object().into_iter().flatten() {
        ensure_eq!(answer["rooms"][1][key], *value, "{key} of the child");
    }
    Ok(())
}

/// "represented as Stripped State Events with an added origin_server_ts key".
async fn children_state(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (top, child) = (space(&alice).await?, alice.public_room().await?);
    link(&alice, &top, &child, json!({ "suggested": true })).await?;
    let answer = alice.get(v1!("rooms/{}/hierarchy", top)).await?.ok()?;
    let state = &answer["rooms"][0]["children_state"][0];
    ensure_eq!((&state["type"], &state["state_key"]), (&json!("m.space.child"), &json!(child)), "type and key");
    ensure_eq!(state["sender"], alice.id.as_str(), "sender");
    ensure_eq!(state["content"]["suggested"], true, "content");
    ensure!(state["origin_server_ts"].is_u64(), "origin_server_ts: {state}");
    Ok(())
}

/// Children with an `order` come first, by it; the others by time.
async fn order(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let top = space(&alice).await?;
    let mut rooms = Vec::new();
    for order in [json!({}), json!({ "order": "bb" }), json!({ "order": "aa" }), json!({ "order": 7 })] {
        let child = alice.public_room().await?;
        link(&alice, &top, &child, order).await?;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        rooms.push(child);
    }
    let [plain, second, first, malformed] = rooms.as_slice() else { return Err(Failure::new("four rooms")) };
    let want = [&top, first, second, plain, malformed].map(String::clone);
    ensure_eq!(tree(&alice, &top, "").await?, want, "order of the children");
    Ok(())
}

/// A space with a child space, which has a room, and a second child.
async fn nested(alice: &User) -> Result<[String; 4], Failure> {
    let (top, below) = (space(alice).await?, space(alice).await?);
    let (leaf, last) = (alice.public_room().await?, alice.public_room().await?);
    link(alice, &top, &below, json!({ "order": "a" })).await?;
    link(alice, &below, &leaf, json!({})).await?;
    link(alice, &top, &last, json!({ "order": "b" })).await?;
    Ok([top, below, leaf, last])
}

/// "Paginates over the space tree in a depth-first manner".
async fn depth_first(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let all = nested(&alice).await?;
    let [top, ..] = &all;
    ensure_eq!(tree(&alice, top, "").await?, all, "order of the tree");
    Ok(())
}

/// "When reached, no further child rooms will be returned."
async fn max_depth(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let [top, below, leaf, last] = nested(&alice).await?;
    ensure_eq!(tree(&alice, &top, "max_depth=0").await?, [top.clone()], "depth 0");
    ensure_eq!(tree(&alice, &top, "max_depth=1").await?, [top.clone(), below.clone(), last.clone()], "depth 1");
    ensure_eq!(tree(&alice, &top, "max_depth=2").await?, [top.clone(), below, leaf, last], "depth 2");
    Ok(())
}

async fn suggested_only(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (top, one, two) = (space(&alice).await?, alice.public_room().await?, alice.public_room().await?);
    link(&alice, &top, &one, json!({ "suggested": true })).await?;
    link(&alice, &top, &two, json!({ "suggested": false })).await?;
    ensure_eq!(tree(&alice, &top, "suggested_only=true").await?, [top.clone(), one.clone()], "suggested rooms");
    ensure_eq!(tree(&alice, &top, "suggested_only=false").await?.len(), 3, "all rooms");
    Ok(())
}

async fn pages(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let all = nested(&alice).await?;
    let [top, ..] = &all;
    let (mut got, mut from) = (Vec::new(), String::new());
    for _ in 0..10 {
        let answer = alice.get(format!("{}?limit=1{from}", v1!("rooms/{}/hierarchy", top))).await?.ok()?;
        let rooms = answer["rooms"].as_array().cloned().unwrap_or_default();
        ensure!(rooms.len() <= 1, "more rooms than the limit: {answer}");
        got.extend(rooms.iter().filter_map(|room| room["room_id"].as_str()).map(str::to_owned));
        match answer["next_batch"].as_str() {
            Some(next) => from = format!("&from={}", encode(next)),
            None => break,
        }
    }
    ensure_eq!(got, all, "rooms of all pages");
    Ok(())
}

/// "If specified, max_depth and suggested_only cannot be changed from the first request."
async fn changed_parameters(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let [top, ..] = nested(&alice).await?;
    let path = v1!("rooms/{}/hierarchy", top);
    let first = alice.get(format!("{path}?limit=1&max_depth=2")).await?.ok()?;
    let from = encode(text(&first, "next_batch")?);
    let reply = alice.get(format!("{path}?limit=1&max_depth=1&from={from}")).await?;
    reply.error(400, "M_INVALID_PARAM")?;
    let reply = alice.get(format!("{path}?limit=1&max_depth=2&suggested_only=true&from={from}")).await?;
    reply.error(400, "M_INVALID_PARAM").map(drop)
}

async fn bad_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v1!("rooms/{}/hierarchy?from=never-given", space(&alice).await?);
    alice.get(path).await?.error(400, "M_INVALID_PARAM").map(drop)
}

async fn bad_limit(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let top = space(&alice).await?;
    for query in ["limit=-1", "limit=few", "max_depth=-1"] {
        alice.get(format!("{}?{query}", v1!("rooms/{}/hierarchy", top))).await?.refused(400)?;
    }
    Ok(())
}

/// "Must be an integer greater than zero."
async fn zero_limit(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v1!("rooms/{}/hierarchy?limit=0", space(&alice).await?);
    alice.get(path).await?.refused(400).map(drop)
}

async fn private_child_hidden(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (top, child) = (space(&alice).await?, alice.private_room().await?);
    link(&alice, &top, &child, json!({})).await?;
    bob.join(&top).await?;
    ensure_eq!(tree(&bob, &top, "").await?, [top.clone()], "what an outsider of the child sees");
    ensure_eq!(tree(&alice, &top, "").await?, [top.clone(), child], "what its member sees");
    Ok(())
}

async fn invited_child_shown(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (top, child) = (space(&alice).await?, alice.private_room().await?);
    link(&alice, &top, &child, json!({})).await?;
    bob.join(&top).await?;
    alice.invite(&child, &bob).await?;
    ensure_eq!(tree(&bob, &top, "").await?, [top.clone(), child], "what an invited user sees");
    Ok(())
}

async fn restricted_child(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let top = space(&alice).await?;
    let allow = json!([{ "type": "m.room_membership", "room_id": top }]);
    let rules = json!([{ "type": "m.room.join_rules", "content": { "join_rule": "restricted", "allow": allow } }]);
    let child = alice.create_room(json!({ "initial_state": rules })).await?;
    link(&alice, &top, &child, json!({})).await?;
    bob.join(&top).await?;
    ensure_eq!(tree(&bob, &top, "").await?, [top.clone(), child], "what a member of the space sees");
    ensure_eq!(tree(&carol, &top, "").await?, [top.clone()], "what an outsider sees");
    Ok(())
}

/// "If via is missing ... the child is not valid": that is how a child is removed.
async fn child_without_via(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (top, child) = (space(&alice).await?, alice.public_room().await?);
    link(&alice, &top, &child, json!({})).await?;
    alice.set_state(&top, "m.space.child", &child, json!({})).await?;
    ensure_eq!(tree(&alice, &top, "").await?, [top.clone()], "tree after removing the child");
    Ok(())
}

async fn cycle(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (one, two) = (space(&alice).await?, space(&alice).await?);
    link(&alice, &one, &two, json!({})).await?;
    link(&alice, &two, &one, json!({})).await?;
    link(&alice, &one, &one, json!({})).await?;
    ensure_eq!(tree(&alice, &one, "").await?, [one.clone(), two], "each room once");
    Ok(())
}

async fn private_space_refused(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let content = json!({ "creation_content": { "type": "m.space" } });
    let top = alice.create_room(content).await?;
    bob.get(v1!("rooms/{}/hierarchy", top)).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn unknown_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v1!("rooms/{}/hierarchy", format!("!nowhere:{}", server.name()));
    alice.get(path).await?.error(403, "M_FORBIDDEN").map(drop)
}

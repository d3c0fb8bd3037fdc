//! Spaces as other servers get them.

use events::canonical;
use ruma::{OwnedRoomId, RoomId, RoomVersionId, ServerName, events::TimelineEventType, server_name};
use serde_json::{Value, json, value::to_raw_value};

use super::{b, with_bob};
use crate::{
    Error,
    lane::Proposal,
    receive::tests::{model::user, world::World},
};

async fn room(world: &World, preset: &str, name: &str, more: Value) -> OwnedRoomId {
    let mut request = json!({ "preset": preset, "name": name });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.rooms.create(&user("@alice:a"), serde_json::from_value(request).unwrap()).await.unwrap()
}

async fn set(world: &World, room: &RoomId, kind: &str, key: &str, content: Value) {
    let content = to_raw_value(&content).unwrap();
    world.rooms.send_state(room, &user("@alice:a"), kind.into(), key, &content, None).await.unwrap();
}

async fn invite_bob(world: &World, room: &RoomId) {
    let content = canonical::object_from(&json!({ "membership": "invite" })).unwrap();
    let invite = Proposal::state(user("@alice:a"), TimelineEventType::RoomMember, "@bob:b", content);
    let room = world.rooms.nid(room).await.unwrap().unwrap();
    world.rooms.propose_one(room, invite).await.unwrap();
}

async fn tree(world: &World, server: &ServerName, space: &RoomId, suggested_only: bool) -> Value {
    serde_json::to_value(world.rooms.hierarchy_for_server(server, space, suggested_only).await.unwrap()).unwrap()
}

fn names(tree: &Value) -> Vec<&str> {
    tree["children"].as_array().unwrap().iter().map(|room| room["name"].as_str().unwrap()).collect()
}

fn restricted(to: &RoomId) -> Value {
    let rules = json!({ "join_rule": "restricted", "allow": [{ "type": "m.room_membership", "room_id": to }] });
    json!({ "initial_state": [{ "type": "m.room.join_rules", "content": rules }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_is_told_with_the_children_that_are_open_to_the_server() {
    let (model, _) = with_bob(RoomVersionId::V11);
    World::each(&model, async |world| {
        let space = room(&world, "public_chat", "space", json!({ "creation_content": { "type": "m.space" } })).await;
        let open = room(&world, "public_chat", "open", json!({})).await;
        let closed = room(&world, "private_chat", "closed", json!({})).await;
        let invited = room(&world, "private_chat", "invited", json!({})).await;
        invite_bob(&world, &invited).await;
        let led_to = room(&world, "private_chat", "led to", restricted(&world.room_id)).await;
        let shut = room(&world, "public_chat", "shut", json!({})).await;
        set(&world, &shut, "m.room.server_acl", "", json!({ "allow": ["*"], "deny": ["b"] })).await;
        for child in [&open, &closed, &invited, &led_to, &shut] {
            let suggested = *child == open;
            set(&world, &space, "m.space.child", child.as_str(), json!({ "via": ["a"], "suggested": suggested })).await;
        }
        set(&world, &space, "m.space.child", "!elsewhere:x", json!({ "via": ["x"] })).await;

        let seen = tree(&world, b(), &space, false).await;
        assert_eq!(seen["room"]["name"], "space");
        assert_eq!(seen["room"]["children_state"].as_array().unwrap().len(), 6);
        let mut children = names(&seen);
        children.sort_unstable();
        assert_eq!(children, ["invited", "led to", "open"]);
        let mut inaccessible: Vec<&str> =
            seen["inaccessible_children"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        inaccessible.sort_unstable();
        let mut expected = [closed.as_str(), shut.as_str()];
        expected.sort_unstable();
        assert_eq!(inaccessible, expected);

        assert_eq!(names(&tree(&world, b(), &space, true).await), ["open"]);
        let stranger = tree(&world, server_name!("c"), &space, false).await;
        let mut children = names(&stranger);
        children.sort_unstable();
        assert_eq!(children, ["open", "shut"]);
        assert_eq!(stranger["inaccessible_children"].as_array().unwrap().len(), 3);
    })
    .await;
}

/// CVE-2021-39163: whoever asked for a space learned whether a room exists.
#[tokio::test(flavor = "multi_thread")]
async fn cve_2021_39163_a_closed_space_is_answered_like_none() {
    let (model, _) = with_bob(RoomVersionId::V11);
    World::each(&model, async |world| {
        let space = room(&world, "private_chat", "space", json!({ "creation_content": { "type": "m.space" } })).await;
        let unknown = RoomId::parse("!unknown:a").unwrap();
        let mut answers = Vec::new();
        for id in [&space, &unknown] {
            match world.rooms.hierarchy_for_server(b(), id, false).await {
                Err(Error::NotFound(text)) => answers.push(text),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(answers[0], answers[1]);
    })
    .await;
}

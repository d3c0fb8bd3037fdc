//! Trees of spaces.

use std::{collections::BTreeSet, sync::Arc};

use ruma::{OwnedRoomId, RoomId};
use serde_json::{Value, json};

use super::world::{World, user, worlds};
use crate::{
    Error,
    read::{Hierarchy, HierarchyRequest, RoomElsewhere, RoomsElsewhere},
};

async fn room(world: &World, name: &str, is_space: bool) -> OwnedRoomId {
    let creation = if is_space { json!({ "type": "m.space" }) } else { json!({}) };
    world.room(json!({ "preset": "public_chat", "name": name, "creation_content": creation })).await
}

async fn add(world: &World, space: &RoomId, child: &str, content: Value) {
    world.set(space, "alice", "m.space.child", child, content).await;
}

fn via() -> Value {
    json!({ "via": ["test"] })
}

fn names(page: &Hierarchy) -> Vec<&str> {
    page.rooms.iter().map(|room| room.summary.name.as_deref().unwrap_or_default()).collect()
}

async fn tree(world: &World, who: &str, space: &RoomId, request: HierarchyRequest) -> Hierarchy {
    world.rooms.hierarchy(&user(who), space, request).await.unwrap()
}

/// top > (inner > (deep > leaf, one), two), with a way back from deep to top.
async fn spaces(world: &World) -> [OwnedRoomId; 6] {
    let top = room(world, "top", true).await;
    let inner = room(world, "inner", true).await;
    let deep = room(world, "deep", true).await;
    let [leaf, one, two] =
        [room(world, "leaf", false).await, room(world, "one", false).await, room(world, "two", false).await];
    add(world, &top, inner.as_str(), json!({ "via": ["test"], "suggested": true })).await;
    add(world, &top, two.as_str(), via()).await;
    add(world, &inner, deep.as_str(), via()).await;
    add(world, &inner, one.as_str(), json!({ "via": ["test"], "suggested": true })).await;
    add(world, &deep, leaf.as_str(), via()).await;
    add(world, &deep, top.as_str(), via()).await;
    [top, inner, deep, leaf, one, two]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_walk_goes_down_first_and_breaks_loops() {
    worlds(async |world| {
        let [top, inner, ..] = spaces(&world).await;
        let page = tree(&world, "bob", &top, HierarchyRequest::default()).await;
        assert_eq!(names(&page), ["top", "inner", "deep", "leaf", "one", "two"]);
        assert_eq!(page.next_batch, None);
        let json = serde_json::to_value(&page.rooms[0]).unwrap();
        assert_eq!(json["room_type"], "m.space");
        assert_eq!(json["children_state"].as_array().unwrap().len(), 2);
        let child = &json["children_state"][0];
        assert_eq!((&child["state_key"], &child["type"]), (&json!(inner.as_str()), &json!("m.space.child")));
        assert!(
            child["origin_server_ts"].is_i64() && child["sender"] == "@alice:test" && child.get("event_id").is_none()
        );
        assert!(page.rooms[3].children_state.is_empty());

        for (max_depth, expected) in
            [(0, vec!["top"]), (1, vec!["top", "inner", "two"]), (2, vec!["top", "inner", "deep", "one", "two"])]
        {
            let request = HierarchyRequest { max_depth: Some(max_depth), ..HierarchyRequest::default() };
            assert_eq!(names(&tree(&world, "bob", &top, request).await), expected);
        }
        let request = HierarchyRequest { suggested_only: true, ..HierarchyRequest::default() };
        let suggested = tree(&world, "bob", &top, request).await;
        assert_eq!(names(&suggested), ["top", "inner", "one"]);
        assert_eq!(suggested.rooms[0].children_state.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_tree() {
    worlds(async |world| {
        let [top, inner, ..] = spaces(&world).await;
        let mut found = Vec::new();
        let mut request = HierarchyRequest { limit: Some(2), ..HierarchyRequest::default() };
        loop {
            let page = tree(&world, "bob", &top, request.clone()).await;
            assert!(page.rooms.len() <= 2);
            found.extend(names(&page).into_iter().map(str::to_owned));
            request.from = page.next_batch;
            if request.from.is_none() {
                break;
            }
        }
        assert_eq!(found, ["top", "inner", "deep", "leaf", "one", "two"]);

        let first = tree(&world, "bob", &top, HierarchyRequest { limit: Some(1), ..HierarchyRequest::default() }).await;
        let from = first.next_batch;
        let same = HierarchyRequest { from: from.clone(), ..HierarchyRequest::default() };
        for (space, request) in [
            (&top, HierarchyRequest { max_depth: Some(1), ..same.clone() }),
            (&top, HierarchyRequest { suggested_only: true, ..same.clone() }),
            (&top, HierarchyRequest { from: Some("nonsense".into()), ..same.clone() }),
            (&inner, same.clone()),
        ] {
            let refused = world.rooms.hierarchy(&user("bob"), space, request).await;
            assert!(matches!(refused, Err(Error::InvalidParam(_))));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_may_not_know_is_left_out() {
    worlds(async |world| {
        let top = room(&world, "top", true).await;
        let private = world.room(json!({ "preset": "private_chat", "name": "private" })).await;
        let restricted =
            json!({ "join_rule": "restricted", "allow": [{ "type": "m.room_membership", "room_id": top }] });
        let request =
            json!({ "name": "members", "initial_state": [{ "type": "m.room.join_rules", "content": restricted }] });
        let members = world.room(request).await;
        let gone = room(&world, "gone", false).await;
        for child in [private.as_str(), members.as_str(), "!elsewhere:remote"] {
            add(&world, &top, child, via()).await;
        }
        for (child, content) in
            [(gone.as_str(), json!({})), ("not a room", via()), (members.as_str(), json!({ "via": ["test"] }))]
        {
            add(&world, &top, child, content).await;
        }
        let seen = |who: &'static str| {
            let (world, top) = (&world, &top);
            async move {
                let page = tree(world, who, top, HierarchyRequest::default()).await;
                names(&page).join(" ")
            }
        };
        assert_eq!(seen("bob").await, "top");
        assert_eq!(seen("alice").await, "top private members");
        world.join(&top, "bob").await;
        assert_eq!(seen("bob").await, "top members");
        world.invite(&private, "bob").await;
        assert_eq!(seen("bob").await, "top private members");
        world.ban(&top, "bob").await;
        let banned = world.rooms.hierarchy(&user("bob"), &top, HierarchyRequest::default()).await;
        assert!(matches!(banned, Err(Error::Forbidden(_))));
        let unknown = RoomId::parse("!nowhere:test").unwrap();
        let unknown = world.rooms.hierarchy(&user("bob"), &unknown, HierarchyRequest::default()).await;
        assert!(matches!(unknown, Err(Error::Forbidden(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn children_are_in_their_order() {
    worlds(async |world| {
        let top = room(&world, "top", true).await;
        let mut rooms = Vec::new();
        for name in ["a", "b", "c", "d", "e", "f"] {
            rooms.push(room(&world, name, false).await);
        }
        for (number, content) in [
            (4, json!({ "via": ["test"] })),
            (3, json!({ "via": ["test"], "order": "\u{7f}" })),
            (2, json!({ "via": ["test"], "order": "first" })),
            (0, json!({ "via": ["test"], "order": "aaaa" })),
            (1, json!({ "via": ["test"], "order": " " })),
            (5, json!({ "via": ["test"], "order": 1 })),
        ] {
            add(&world, &top, rooms[number].as_str(), content).await;
        }
        let page = tree(&world, "alice", &top, HierarchyRequest::default()).await;
        assert_eq!(names(&page), ["top", "b", "a", "c", "e", "d", "f"]);
    })
    .await;
}

/// A room as another server tells of it.
fn elsewhere(summary: Value, children: Option<Vec<Value>>) -> Option<RoomElsewhere> {
    let raw = |child: &Value| serde_json::value::to_raw_value(child).unwrap();
    let children_state = children.map(|children| children.iter().map(raw).collect());
    Some(RoomElsewhere { summary: serde_json::from_value(summary).unwrap(), children_state })
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_elsewhere_are_asked_for_and_shown_to_who_may_learn_of_them() {
    worlds(async |world| {
        let top = room(&world, "top", true).await;
        for id in ["!open:far", "!closed:far", "!space:far", "!members:far", "!gone:far"] {
            add(&world, &top, id, json!({ "via": ["far", "no server"] })).await;
        }
        let request = |told: &RoomsElsewhere, ask| {
            let told = Arc::new(told.clone());
            HierarchyRequest { told, ask, ..HierarchyRequest::default() }
        };
        let missing = |page: &Hierarchy| {
            page.missing.iter().map(|room| room.room_id.to_string()).collect::<BTreeSet<String>>().into_iter().collect()
        };
        let mut told = RoomsElsewhere::new();
        let page = tree(&world, "alice", &top, request(&told, true)).await;
        let all: Vec<String> = missing(&page);
        assert_eq!(all, ["!closed:far", "!gone:far", "!members:far", "!open:far", "!space:far"]);
        assert!(page.missing.iter().all(|room| room.via == ["far"]));

        let child = json!({
            "type": "m.space.child", "state_key": "!deep:far", "sender": "@x:far", "origin_server_ts": 5,
            "content": { "via": ["far"] },
        });
        let restricted = json!({
            "room_id": "!members:far", "name": "members", "join_rule": "restricted", "allowed_room_ids": [top],
        });
        for (id, room) in [
            ("!open:far", elsewhere(json!({ "room_id": "!open:far", "name": "open" }), None)),
            (
                "!closed:far",
                elsewhere(json!({ "room_id": "!closed:far", "name": "closed", "join_rule": "invite" }), None),
            ),
            ("!members:far", elsewhere(restricted, None)),
            ("!gone:far", None),
            (
                "!space:far",
                elsewhere(
                    json!({ "room_id": "!space:far", "name": "space", "room_type": "m.space" }),
                    Some(vec![json!(1), child]),
                ),
            ),
            ("!deep:far", elsewhere(json!({ "room_id": "!deep:far", "name": "deep", "room_type": "m.space" }), None)),
        ] {
            told.insert(id.to_owned(), room);
        }
        let page = tree(&world, "alice", &top, request(&told, true)).await;
        let left: Vec<String> = missing(&page);
        assert_eq!(left, ["!deep:far"], "of its own children nobody has told");
        let shown = |page: &Hierarchy| names(page).into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        let page = tree(&world, "alice", &top, request(&told, false)).await;
        let expected = ["deep", "members", "open", "space", "top"].map(str::to_owned).into();
        assert_eq!((shown(&page), page.missing.len()), (expected, 0));
        let page = tree(&world, "bob", &top, request(&told, false)).await;
        assert!(!shown(&page).contains("members"), "bob is in no room whose members are let in");

        let far = RoomId::parse("!space:far").unwrap();
        let page = tree(&world, "bob", &far, request(&told, false)).await;
        assert_eq!(names(&page), ["space", "deep"]);
    })
    .await;
}

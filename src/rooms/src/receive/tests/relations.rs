//! Relations of other servers: in any order, of any event, whatever the rules say.

use std::sync::mpsc::channel;

use events::VerifiedPdu;
use ruma::{EventId, RoomVersionId};
use serde_json::{Value, json};
use store::{
    relations::{Bundled, Kind, Parent, children, newest_children},
    rooms::{EventFlags, Stretch},
};

use super::{
    model::{Draft, Model, member, message, state},
    world::World,
};
use crate::Received;

fn to(sender: &str, rel_type: &str, target: &EventId) -> Draft {
    let relation = json!({ "rel_type": rel_type, "event_id": target });
    Draft { content: json!({ "m.relates_to": relation, "m.new_content": {} }), ..message(sender, "") }
}

fn room() -> (Model, usize) {
    let mut model = Model::new(RoomVersionId::V11);
    let mut last = 3;
    for name in ["@bob:b", "@carol:c"] {
        last = model.add(&[last], member(name, name, "join"));
    }
    (model, last)
}

async fn found(world: &World, target: &EventId) -> usize {
    let (room, target) = (world.row().await.nid, target.to_string());
    let read = world
        .rooms
        .store()
        .read(move |conn| children(conn, room, &target, &Kind::default(), &Stretch::WHOLE, true, 50));
    read.await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn children_may_come_before_their_parent() {
    let (mut model, last) = room();
    let parent = model.build(&[last], message("@bob:b", "late"));
    let before: Vec<VerifiedPdu> = ["m.replace", "m.reference", "m.thread", "m.annotation"]
        .map(|rel_type| model.build(&[last], to("@bob:b", rel_type, parent.event_id())))
        .into();
    for together in [false, true] {
        let world = World::of(&model).await;
        for event in 1..=last {
            world.receive(model.event(event)).await;
        }
        let events: Vec<VerifiedPdu> = before.iter().chain([&parent]).cloned().collect();
        match together {
            true => drop(world.receive_together(&events).await),
            false => {
                for event in &events {
                    assert!(matches!(world.receive(event).await, Received::Accepted(_)));
                }
            }
        }
        let stored = world.event(parent.event_id()).await.unwrap();
        assert_eq!(EventFlags(stored.flags), EventFlags::CHILDREN, "together: {together}");
        assert_eq!(found(&world, parent.event_id()).await, 4);
        let parents = [Parent { nid: stored.nid, upto: i64::MAX }];
        for bundled in [Bundled::Edits, Bundled::References, Bundled::Replies] {
            let read = world.rooms.store().read(move |conn| newest_children(conn, &parents, bundled, &[], 5));
            assert_eq!(read.await.unwrap().len(), 1, "{bundled:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_is_shown_is_no_child() {
    let (mut model, mut last) = room();
    let parent = model.add(&[last], message("@bob:b", "parent"));
    last = parent;
    let refused = model.build(&[last], to("@frank:c", "m.reference", model.id(parent)));
    let banned = model.add(&[last], state("@alice:a", "m.room.member", "@carol:c", json!({ "membership": "ban" })));
    let late = model.build(&[last], to("@carol:c", "m.reference", model.id(parent)));
    let world = World::of(&model).await;
    for event in 1..=banned {
        world.receive(model.event(event)).await;
    }
    assert!(matches!(world.receive(&refused).await, Received::Rejected(_)));
    assert!(matches!(world.receive(&late).await, Received::SoftFailed(_)));
    assert_eq!(found(&world, model.id(parent)).await, 0);
    assert_eq!(world.event(model.id(parent)).await.unwrap().flags, 0);
}

/// What a snapshot from before a change shows is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn old_rows_do_not_come_back_into_the_cache() {
    let (mut model, last) = room();
    let named = model.add(&[last], state("@bob:b", "m.room.topic", "", json!({ "topic": "x" })));
    let said = model.add(&[last], message("@bob:b", "parent"));
    let child = model.build(&[said], to("@bob:b", "m.reference", model.id(said)));
    let world = World::of(&model).await;
    for event in 1..=last {
        world.receive(model.event(event)).await;
    }
    world.rooms.add_outliers(&world.room_id, vec![model.event(named).clone()]).await.unwrap();
    world.receive(model.event(said)).await;
    let nids = [world.event(model.id(named)).await.unwrap().nid, world.event(model.id(said)).await.unwrap().nid];

    let ((opened, is_open), (changed, has_changed)) = (channel::<()>(), channel::<()>());
    let rooms = world.rooms.clone();
    let reading = tokio::spawn(async move {
        let store = rooms.store().clone();
        let read = store.snapshot(move |conn, _| {
            opened.send(()).unwrap();
            has_changed.recv().unwrap();
            let flags = |event: &store::rooms::StoredEvent| (event.nid, event.flags);
            let seen: Vec<(i64, i16)> = rooms.events().stored(conn, &nids).unwrap().iter().map(flags).collect();
            Ok(seen)
        });
        read.await.unwrap()
    });
    tokio::task::spawn_blocking(move || is_open.recv().unwrap()).await.unwrap();
    assert!(matches!(world.receive(model.event(named)).await, Received::Accepted(_)));
    assert!(matches!(world.receive(&child).await, Received::Accepted(_)));
    changed.send(()).unwrap();
    let mut seen = reading.await.unwrap();
    seen.sort_unstable();
    assert_eq!(seen, [(nids[0], EventFlags::OUTLIER.0), (nids[1], 0)], "as it was in the snapshot");

    let rooms = world.rooms.clone();
    let now = world.rooms.store().read(move |conn| Ok(rooms.events().stored_map(conn, &nids))).await.unwrap().unwrap();
    assert_eq!([now[&nids[0]].flags, now[&nids[1]].flags], [0, EventFlags::REFERENCED.0]);
    assert!(now[&nids[0]].position > 0, "it has its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn relations_without_sense_are_passed_over() {
    let (mut model, mut last) = room();
    let broken: [Value; 5] = [
        json!("$e"),
        json!({ "rel_type": "m.thread", "event_id": format!("${}", "x".repeat(300)) }),
        json!({ "rel_type": "x".repeat(3_000), "event_id": "$e" }),
        json!({ "rel_type": "m.thread", "event_id": "$\u{0}" }),
        json!({ "rel_type": null, "event_id": "$e" }),
    ];
    let world = World::of(&model).await;
    for event in 1..=last {
        world.receive(model.event(event)).await;
    }
    for relation in broken {
        let draft = Draft { content: json!({ "m.relates_to": relation }), ..message("@bob:b", "") };
        last = model.add(&[last], draft);
        assert!(matches!(world.receive(model.event(last)).await, Received::Accepted(_)));
    }
    assert_eq!(found(&world, ruma::event_id!("$e")).await, 0);
}

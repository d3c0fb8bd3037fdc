//! Outliers: checked by their auth events, known, but nowhere in the room.

use events::version;
use ruma::RoomVersionId;
use serde_json::json;
use store::rooms::EventFlags;

use super::{
    VERSIONS, check,
    model::{Model, member, message, state},
    world::World,
};
use crate::Received;

fn room(version: RoomVersionId) -> (Model, usize) {
    let mut model = Model::new(version);
    let mut last = 3;
    for name in ["@bob:b", "@carol:c"] {
        last = model.add(&[last], member(name, name, "join"));
    }
    let levels = model.levels(&[("@bob:b", 100)]);
    last = model.add(&[last], state("@bob:b", "m.room.power_levels", "", levels));
    (model, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn outliers_are_known_but_have_no_place() {
    for version in VERSIONS {
        let (model, last) = room(version);
        let world = World::of(&model).await;
        let before = world.row().await;
        // In the wrong order, and one of them twice.
        let mut events: Vec<_> = (1..=last).rev().map(|i| model.event(i).clone()).collect();
        events.push(model.event(2).clone());
        let added = world.rooms.add_outliers(&world.room_id, events).await.unwrap();
        assert_eq!(added.len(), last + 1);
        assert!(matches!(added[0], Received::Rejected(_)), "bob may not promote himself: {added:?}");
        assert!(added[1..].iter().all(|added| matches!(added, Received::Accepted(_))), "{added:?}");
        for i in 1..last {
            let stored = world.event(model.id(i)).await.unwrap();
            assert_eq!((stored.state_before, stored.state_after), (0, 0));
            assert_eq!(EventFlags(stored.flags), EventFlags::OUTLIER);
            assert!(stored.position < 0, "an outlier is no news");
        }
        let after = world.row().await;
        assert_eq!((after.state, after.extremities), (before.state, before.extremities));
        check::tables_agree(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outlier_needs_its_auth_events_and_is_no_previous_event() {
    let (mut model, last) = room(RoomVersionId::V11);
    let said = model.add(&[last - 1], message("@bob:b", "hello"));
    let world = World::of(&model).await;
    let alone = world.rooms.add_outliers(&world.room_id, vec![model.event(last - 1).clone()]).await.unwrap();
    assert!(matches!(&alone[0], Received::Missing(missing) if !missing.auth_events.is_empty()), "{alone:?}");
    let events = (1..last).map(|i| model.event(i).clone()).collect();
    world.rooms.add_outliers(&world.room_id, events).await.unwrap();
    let received = world.receive(model.event(said)).await;
    let Received::Missing(missing) = received else { panic!("{received:?}") };
    assert_eq!(missing.prev_events, [model.id(last - 1).to_owned()]);
    assert!(missing.auth_events.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outlier_finds_its_place() {
    for version in VERSIONS {
        let (mut model, last) = room(version);
        let said = model.add(&[last - 1], message("@bob:b", "hello"));
        let world = World::of(&model).await;
        let events = (1..=last).map(|i| model.event(i).clone()).collect();
        world.rooms.add_outliers(&world.room_id, events).await.unwrap();
        for i in 1..=said {
            let outlier = world.event(model.id(i)).await;
            let received = world.receive(model.event(i)).await;
            assert_eq!(matches!(received, Received::Rejected(_)), model.events[i].rejected, "{received:?}");
            let stored = world.event(model.id(i)).await.unwrap();
            assert!(stored.position > 0);
            assert!(outlier.is_none_or(|outlier| outlier.nid == stored.nid), "its number stays");
        }
        check::events_agree(&world, &model).await;
        check::tables_agree(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outlier_is_judged_anew_where_it_stands() {
    let (mut model, last) = room(RoomVersionId::V11);
    let by = model.events[last - 1].after.clone();
    let banned = model.add(&[last - 1], member("@alice:a", "@bob:b", "ban"));
    let note = model.build_by(&[banned], state("@bob:b", "org.example.note", "", json!({})), &by);
    let note = model.insert(&[banned], note);
    assert!(model.events[note].rejected);
    let world = World::of(&model).await;
    for i in (1..last).chain([banned]) {
        assert!(matches!(world.receive(model.event(i)).await, Received::Accepted(_)));
    }
    let added = world.rooms.add_outliers(&world.room_id, vec![model.event(note).clone()]).await.unwrap();
    assert!(matches!(added[0], Received::Accepted(_)), "by its auth events it is allowed: {added:?}");
    assert!(matches!(world.receive(model.event(note)).await, Received::Rejected(_)));
    assert_eq!(EventFlags(world.event(model.id(note)).await.unwrap().flags), EventFlags::REJECTED);
    let rooms = world.rooms.clone();
    let nid = world.event(model.id(note)).await.unwrap().nid;
    let read = world.rooms.store().read(move |conn| {
        let rules = version::rules(&RoomVersionId::V11).unwrap();
        Ok(rooms.events().pdu(conn, nid, rules).unwrap().rejected())
    });
    assert!(read.await.unwrap(), "nobody takes it for what it was");
}

//! History that arrives late.

use std::collections::HashSet;

use ruma::{RoomVersionId, api::client::filter::RoomEventFilter};
use serde_json::{Value, json};
use store::rooms::EventFlags;

use super::{
    VERSIONS, check,
    model::{Draft, Model, member, message, state, user},
    world::World,
};
use crate::read::{PageRequest, Reader};

/// A room with a past of two branches, and carol's join at its end.
fn room(version: RoomVersionId) -> (Model, usize) {
    let mut model = Model::new(version);
    let bob = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let mut last = bob;
    for i in 0..4 {
        let topic = model.add(&[last], state("@alice:a", "m.room.topic", "", json!({ "topic": i })));
        let said = model.add(&[last], message("@bob:b", &format!("branch {i}")));
        last = model.add(&[topic, said], message("@alice:a", &format!("both {i}")));
    }
    let carol = model.add(&[last], member("@carol:c", "@carol:c", "join"));
    (model, carol)
}

/// What carol reads, going back, as texts or types.
async fn read_back(world: &World) -> Vec<String> {
    let reader = Reader { user_id: user("@carol:c"), device_id: None, ignored: HashSet::new() };
    let filter = RoomEventFilter::default();
    let request = PageRequest { from: None, to: None, backward: true, limit: 100, filter };
    let page = world.rooms.messages(&reader, &world.room_id, request).await.unwrap();
    let text = |event: &serde_json::value::RawValue| {
        let event: Value = serde_json::from_str(event.get()).unwrap();
        event["content"]["body"].as_str().or(event["type"].as_str()).unwrap().to_owned()
    };
    page.chunk.iter().map(|event| text(event)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_finds_its_place_and_is_no_news() {
    for version in VERSIONS {
        let (model, carol) = room(version);
        let world = World::entered(&model, carol).await;
        assert_eq!(read_back(&world).await, ["m.room.member"]);
        let before = world.row().await;
        let older: Vec<usize> = (0..carol).collect();
        // Each batch begins where the branches are one.
        for batch in older.rchunks(6) {
            assert_eq!(world.add_history(&model, batch).await, batch.len());
            assert_eq!(world.add_history(&model, batch).await, 0, "all of it is here");
        }
        check::events_agree(&world, &model).await;
        check::tables_agree(&world).await;
        let after = world.row().await;
        assert_eq!((after.state, after.extremities), (before.state, before.extremities));
        assert_eq!((after.last_position, after.counted), (before.last_position, before.counted));
        assert_eq!(world.rooms.gaps(&world.room_id, i64::MAX).await.unwrap(), []);
        for i in older {
            let stored = world.event(model.id(i)).await.unwrap();
            assert!(stored.position < 0 && !EventFlags(stored.flags).has(EventFlags::OUTLIER));
            assert_eq!(stored.depth, model.event(i).depth());
        }
        let read = read_back(&world).await;
        assert_eq!(read.len(), model.events.len());
        assert_eq!((&*read[1], &*read[4]), ("both 3", "both 2"));
        assert_eq!(read.last().unwrap(), "m.room.create");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_placed_is_passed_over() {
    let (model, carol) = room(RoomVersionId::V11);
    let world = World::entered(&model, carol).await;
    let pdus = [carol - 1, carol - 4].map(|i| model.event(i).clone()).to_vec();
    let placed = world.rooms.add_history(&world.room_id, pdus, Default::default()).await.unwrap();
    assert_eq!(placed, 0, "neither what is before them nor the state there is known");
    assert_eq!(read_back(&world).await, ["m.room.member"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn redactions_of_the_past_are_done() {
    let mut model = Model::new(RoomVersionId::V11);
    let bob = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let said = model.add(&[bob], message("@bob:b", "a mistake"));
    let target = model.id(said).to_owned();
    let redaction = Draft {
        sender: user("@bob:b"),
        kind: "m.room.redaction",
        state_key: None,
        content: json!({}),
        redacts: Some(target),
    };
    let redaction = model.add(&[said], redaction);
    let carol = model.add(&[redaction], member("@carol:c", "@carol:c", "join"));
    let world = World::entered(&model, carol).await;
    assert_eq!(world.add_history(&model, &(0..carol).collect::<Vec<_>>()).await, carol);
    let by = world.event(model.id(redaction)).await.unwrap().nid;
    let redacted = world.event(model.id(said)).await.unwrap();
    assert_eq!(redacted.redacted_by, Some(by));
    assert!(!redacted.json.contains("a mistake"));
    check::events_agree(&world, &model).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_history_shows_to_be_passed_is_no_end_any_more() {
    let mut model = Model::new(RoomVersionId::V12);
    let carol = model.add(&[3], member("@carol:c", "@carol:c", "join"));
    let between = model.add(&[carol], message("@alice:a", "between"));
    let said = model.add(&[between], message("@alice:a", "later"));
    let world = World::entered(&model, carol).await;
    world.receive_told(&model, said).await;
    assert_eq!(world.row().await.extremities.split(',').count(), 2);
    assert_eq!(world.add_history(&model, &[between]).await, 1);
    assert_eq!(world.row().await.extremities, world.event(model.id(said)).await.unwrap().nid.to_string());
    check::tables_agree(&world).await;
    check::contents(&world, world.row().await.state).await;
    assert_eq!(read_back(&world).await[..3], ["later", "between", "m.room.member"]);
}

//! Rooms that are entered through another server.

use ruma::{OwnedEventId, RoomVersionId, server_name};
use serde_json::json;
use store::rooms::EventFlags;

use super::{
    VERSIONS, check,
    model::{Model, member, message, state, user},
    world::World,
};
use crate::{Error, Gap, Received, lane::Proposal};

/// A room with some past, and the join of carol at its end.
fn room(version: RoomVersionId) -> (Model, usize) {
    let mut model = Model::new(version);
    let mut last = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    for text in ["one", "two"] {
        last = model.add(&[last], state("@alice:a", "m.room.topic", "", json!({ "topic": text })));
        last = model.add(&[last], message("@bob:b", text));
    }
    let carol = model.add(&[last], member("@carol:c", "@carol:c", "join"));
    (model, carol)
}

fn says(text: &str) -> Proposal {
    let content = events::canonical::object_from(&json!({ "msgtype": "m.text", "body": text })).unwrap();
    Proposal::message(user("@carol:c"), "m.room.message".into(), content)
}

/// The room stands where this event of the model is.
async fn stands_at(world: &World, model: &Model, index: usize) {
    let row = world.row().await;
    let stored = world.event(model.id(index)).await.unwrap();
    assert_eq!(row.extremities, stored.nid.to_string());
    assert_eq!(row.state, stored.state_after);
    assert_eq!(check::contents(world, stored.state_before).await, model.events[index].before);
    assert_eq!(check::contents(world, row.state).await, model.events[index].after);
    check::tables_agree(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_comes_with_its_whole_state() {
    for version in VERSIONS {
        let (model, carol) = room(version);
        let world = World::entered(&model, carol).await;
        stands_at(&world, &model, carol).await;
        let join = world.event(model.id(carol)).await.unwrap();
        assert!(join.position > 0 && EventFlags(join.flags) == EventFlags::AFTER_GAP);
        let ids: Vec<OwnedEventId> = model.events.iter().map(|event| event.event.event_id().to_owned()).collect();
        let known = world.rooms.known(&world.room_id, &ids).await.unwrap();
        assert_eq!(known.len(), model.events.len() - 3, "all but the messages and what nobody needs any more");
        assert_eq!(known.values().filter(|flags| flags.has(EventFlags::OUTLIER)).count(), known.len() - 1);
        let missing = vec![model.id(carol - 1).to_owned()];
        let gap = Gap { event_id: model.id(carol).to_owned(), depth: join.depth, missing };
        assert_eq!(world.rooms.gaps(&world.room_id, i64::MAX).await.unwrap(), [gap]);
        assert_eq!(world.rooms.forward_extremities(&world.room_id).await.unwrap(), [model.id(carol).to_owned()]);
        // And it goes on from there.
        let room = world.rooms.nid(&world.room_id).await.unwrap().unwrap();
        let sent = world.rooms.propose_one(room, says("hello")).await.unwrap();
        let stored = world.event(&sent.event_id).await.unwrap();
        assert_eq!((stored.depth, stored.state_before), (join.depth + 1, join.state_after));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_allowed_or_cannot_be_checked_is_left_out() {
    let (mut model, carol) = room(RoomVersionId::V11);
    let levels = model.levels(&[("@bob:b", 100), ("@dave:a", 100)]);
    let promoted = model.build(&[carol - 1], state("@bob:b", "m.room.power_levels", "", levels));
    let by = model.events[0].after.clone();
    let unfounded = model.build_by(&[carol - 1], state("@bob:b", "org.example.note", "x", json!({})), &by);
    // Nothing in the rest needs this one.
    let unknown = model.add(&[carol - 1], member("@dave:a", "@dave:a", "join"));
    let note = state("@dave:a", "org.example.note", "y", json!({}));
    let without_root = model.build_by(&[unknown], note, &model.events[unknown].after.clone());
    let mut adoption = model.adoption(carol);
    adoption.state.extend([unfounded.clone(), without_root.clone()]);
    let world = World::without(&adoption.room_id, server_name!("c"));
    world.rooms.adopt(adoption.clone()).await.unwrap();
    let held = check::contents(&world, world.row().await.state).await;
    assert!(!held.keys().any(|(event_type, _)| event_type.to_string().starts_with("org.example")), "{held:?}");
    let refused = world.event(unfounded.event_id()).await.unwrap();
    assert!(EventFlags(refused.flags).has(EventFlags::REJECTED));
    assert!(world.event(without_root.event_id()).await.is_none());
    check::tables_agree(&world).await;
    // What everything else is judged by is not left out: such a state is none.
    adoption.state.retain(|event| event.event_type().to_string() != "m.room.power_levels");
    adoption.auth_chain.push(model.event(2).clone());
    adoption.state.push(promoted);
    let world = World::without(&adoption.room_id, server_name!("c"));
    let refused = world.rooms.adopt(adoption).await;
    assert!(matches!(refused, Err(Error::InvalidParam(_))), "{refused:?}");
    assert_eq!(world.rooms.nid(&world.room_id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_is_not_allowed_leaves_nothing_behind() {
    let (mut model, carol) = room(RoomVersionId::V10);
    let banned = model.add(&[carol - 1], member("@alice:a", "@carol:c", "ban"));
    let by = model.events[carol - 1].after.clone();
    let join = model.build_by(&[banned], member("@carol:c", "@carol:c", "join"), &by);
    let join = model.insert(&[banned], join);
    assert!(model.events[join].rejected);
    let world = World::without(&model.adoption(join).room_id, server_name!("c"));
    let refused = world.rooms.adopt(model.adoption(join)).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    // A lie about the version, too.
    let lie = crate::Adoption { version: RoomVersionId::V11, ..model.adoption(carol) };
    let refused = world.rooms.adopt(lie).await;
    assert!(matches!(refused, Err(Error::InvalidParam(_))), "{refused:?}");
    assert_eq!(world.rooms.nid(&world.room_id).await.unwrap(), None);
    // The true room is none the worse for it.
    world.rooms.adopt(model.adoption(carol)).await.unwrap();
    stands_at(&world, &model, carol).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_enter_at_once_are_in_one_room() {
    let (mut model, carol) = room(RoomVersionId::V12);
    let frank = model.add(&[carol - 1], member("@frank:c", "@frank:c", "join"));
    let world = World::without(&model.adoption(carol).room_id, server_name!("c"));
    let (first, second) =
        tokio::join!(world.rooms.adopt(model.adoption(carol)), world.rooms.adopt(model.adoption(frank)));
    assert!(first.unwrap().position != second.unwrap().position);
    let row = world.row().await;
    assert_eq!((row.joined, row.extremities.split(',').count()), (4, 2));
    check::tables_agree(&world).await;
    let again = world.rooms.adopt(model.adoption(frank)).await.unwrap();
    assert_eq!(again.position, world.event(model.id(frank)).await.unwrap().position);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_all_of_us_had_left_begins_anew() {
    for version in VERSIONS {
        let (mut model, carol) = room(version);
        let stale = model.add(&[carol], state("@alice:a", "m.room.topic", "", json!({ "topic": "stale" })));
        let left = model.add(&[carol], member("@carol:c", "@carol:c", "leave"));
        let closed = state("@alice:a", "m.room.power_levels", "", model.levels(&[("@bob:b", 0)]));
        let mut last = model.add(&[left], closed);
        last = model.add(&[last], member("@bob:b", "@bob:b", "leave"));
        let again = model.add(&[last], member("@carol:c", "@carol:c", "join"));
        let world = World::entered(&model, carol).await;
        for event in [stale, left] {
            assert!(matches!(world.receive(model.event(event)).await, Received::Accepted(_)));
        }
        assert_eq!(world.row().await.extremities.split(',').count(), 2);
        world.rooms.adopt(model.adoption(again)).await.unwrap();
        stands_at(&world, &model, again).await;
        assert_eq!(world.rooms.gaps(&world.room_id, i64::MAX).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_room_is_not_entered() {
    let (model, carol) = room(RoomVersionId::V11);
    let world = World::without(&model.adoption(carol).room_id, server_name!("c"));
    world.rooms.set_blocked(&world.room_id, true).await.unwrap();
    let refused = world.rooms.adopt(model.adoption(carol)).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    assert_eq!(world.rooms.nid(&world.room_id).await.unwrap(), None);
}

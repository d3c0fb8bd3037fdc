//! Events whose state others tell.

use ruma::{EventId, OwnedEventId, RoomVersionId};
use serde_json::json;
use store::rooms::EventFlags;

use super::{
    VERSIONS, check,
    model::{Model, member, message, state},
    world::World,
};
use crate::{Error, Missing, Received};

/// Carol has joined, and then much has happened of which she gets only the last.
fn room(version: RoomVersionId) -> (Model, usize, usize) {
    let mut model = Model::new(version);
    let bob = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let carol = model.add(&[bob], member("@carol:c", "@carol:c", "join"));
    let topic = model.add(&[carol], state("@alice:a", "m.room.topic", "", json!({ "topic": "unheard" })));
    let said = model.add(&[topic], message("@bob:b", "heard"));
    (model, carol, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_told_state_stands_for_what_is_missing() {
    for version in VERSIONS {
        let (model, carol, said) = room(version);
        let world = World::entered(&model, carol).await;
        assert!(matches!(world.receive(model.event(said)).await, Received::Missing(_)));
        let received = world.receive_told(&model, said).await;
        assert!(matches!(received, Received::Accepted(_)), "{received:?}");
        assert_eq!(world.receive_told(&model, said).await, received);
        check::tables_agree(&world).await;
        let row = world.row().await;
        assert_eq!(check::contents(&world, row.state).await, model.events[said].after);
        let gaps = world.rooms.gaps(&world.room_id, i64::MAX).await.unwrap();
        assert_eq!(gaps[0].event_id, *model.id(said));
        assert_eq!(gaps[0].missing, [model.id(said - 1).to_owned()]);
        assert_eq!(world.rooms.gaps(&world.room_id, gaps[0].depth - 1).await.unwrap().len(), 1);

        // It comes late, as if it were new: others have passed it, so the room stands where it stood.
        let late = world.receive(model.event(said - 1)).await;
        assert!(matches!(late, Received::Accepted(_)), "{late:?}");
        let after = world.row().await;
        assert_eq!(after.state, row.state);
        assert_eq!(after.extremities, world.event(model.id(said)).await.unwrap().nid.to_string());
        assert_eq!(world.rooms.gaps(&world.room_id, i64::MAX).await.unwrap().len(), 1);
        check::tables_agree(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_tells_away_what_is_known_here() {
    let (mut model, carol, _) = room(RoomVersionId::V11);
    let banned = model.add(&[carol], member("@alice:a", "@bob:b", "ban"));
    let ghost = model.add(&[carol], message("@bob:b", "never sent"));
    let by = model.events[carol].after.clone();
    let event = model.build_by(&[banned, ghost], state("@bob:b", "m.room.topic", "", json!({ "topic": "mine" })), &by);
    let world = World::entered(&model, carol).await;
    assert!(matches!(world.receive(model.event(banned)).await, Received::Accepted(_)));
    let before = world.row().await;
    let told = model.told(ghost);
    let received = world.rooms.receive_at(&world.room_id, event, told).await.unwrap();
    assert!(matches!(received, Received::Rejected(_)), "{received:?}");
    let after = world.row().await;
    assert_eq!((after.state, after.extremities), (before.state, before.extremities));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_none_is_refused() {
    let (mut model, carol, said) = room(RoomVersionId::V11);
    let world = World::entered(&model, carol).await;
    let (event, told) = (model.event(said), model.told(said));
    let unknown = model.id(said - 1).to_owned();
    let received = world.rooms.receive_at(&world.room_id, event.clone(), told.clone()).await.unwrap();
    let missing = Missing { auth_events: vec![unknown], ..Missing::default() };
    assert_eq!(received, Received::Missing(missing));
    assert!(world.event(event.event_id()).await.is_none());

    world.rooms.add_outliers(&world.room_id, model.needed(said)).await.unwrap();
    let create = model.id(0).to_owned();
    let without: Vec<_> = told.iter().filter(|id| **id != create).cloned().collect();
    // Two for one key, none for the beginning, and one that is no state at all.
    let event = model.event(said).clone();
    let second = model.add(&[said - 1], state("@alice:a", "m.room.topic", "", json!({ "topic": "second" })));
    let twice = [told.clone(), vec![model.id(second).to_owned()]].concat();
    let spoken = model.add(&[carol], message("@bob:b", "no state"));
    let no_state = [told.clone(), vec![model.id(spoken).to_owned()]].concat();
    world.rooms.add_outliers(&world.room_id, vec![model.event(second).clone()]).await.unwrap();
    assert!(matches!(world.receive(model.event(spoken)).await, Received::Accepted(_)));
    for state in [twice, without, no_state, Vec::new()] {
        let refused = world.rooms.receive_at(&world.room_id, event.clone(), state).await;
        assert!(matches!(refused, Err(Error::InvalidParam(_))), "{refused:?}");
    }
    assert!(matches!(world.receive_told(&model, said).await, Received::Accepted(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_told_history_stands_on_it() {
    let (mut model, carol, _) = room(RoomVersionId::V11);
    let here = model.add(&[carol], state("@alice:a", "m.room.name", "", json!({ "name": "heard" })));
    let both = model.add(&[here, carol + 1], message("@bob:b", "on both branches"));
    let world = World::entered(&model, carol).await;
    assert!(matches!(world.receive(model.event(here)).await, Received::Accepted(_)));
    assert!(matches!(world.receive(model.event(both)).await, Received::Missing(_)));
    assert_eq!(world.add_history(&model, &[carol + 1]).await, 1);
    assert!(matches!(world.receive(model.event(both)).await, Received::Accepted(_)));
    let stored = world.event(model.id(both)).await.unwrap();
    assert_eq!(check::contents(&world, stored.state_before).await, model.events[both].before);
    assert_eq!(world.row().await.extremities, stored.nid.to_string());
    assert!(EventFlags(stored.flags).has(EventFlags::AFTER_GAP), "what is before it was no news");
    check::tables_agree(&world).await;
}

/// Dave came while nobody told, and speaks.
#[tokio::test(flavor = "multi_thread")]
async fn who_came_in_a_gap_is_heard() {
    for version in VERSIONS {
        let (mut model, carol, _) = room(version);
        let dave = model.add(&[carol], member("@dave:b", "@dave:b", "join"));
        let said = model.add(&[dave], message("@dave:b", "I am new"));
        let (told, filled) = (World::entered(&model, carol).await, World::entered(&model, carol).await);
        let received = told.receive_told(&model, said).await;
        assert!(matches!(received, Received::Accepted(_)), "{received:?}");
        assert_eq!(filled.add_history(&model, &[dave]).await, 1);
        let received = filled.receive(model.event(said)).await;
        assert!(matches!(received, Received::Accepted(_)), "{received:?}");
        for world in [told, filled] {
            check::tables_agree(&world).await;
            assert_eq!(check::contents(&world, world.row().await.state).await, model.events[said].after);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_around_a_ban_by_a_gap() {
    for version in VERSIONS {
        let (mut model, carol, _) = room(version);
        let banned = model.add(&[carol], member("@alice:a", "@bob:b", "ban"));
        let ghost = model.add(&[carol], message("@bob:b", "never sent"));
        let late = model.add(&[ghost], message("@bob:b", "still here"));
        let world = World::entered(&model, carol).await;
        assert!(matches!(world.receive(model.event(banned)).await, Received::Accepted(_)));
        let before = world.row().await;
        let received = world.receive_told(&model, late).await;
        assert!(matches!(received, Received::SoftFailed(_)), "{received:?}");
        let after = world.row().await;
        assert_eq!((after.state, after.extremities), (before.state, before.extremities));
        check::tables_agree(&world).await;
    }
}

/// Without power levels everybody could do everything.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_are_made_of_is_missed() {
    for version in VERSIONS {
        let (model, carol, said) = room(version);
        let world = World::entered(&model, carol).await;
        world.rooms.add_outliers(&world.room_id, model.needed(said)).await.unwrap();
        let told = model.told(said);
        let lacks = async |left_out: Option<&EventId>| {
            let state: Vec<OwnedEventId> = told.iter().filter(|id| Some(&***id) != left_out).cloned().collect();
            world.rooms.lacks_foundations(&world.room_id, &state, &told).await.unwrap()
        };
        assert!(!lacks(None).await);
        for foundation in [0, 2, 3] {
            assert!(lacks(Some(model.id(foundation))).await, "{foundation}");
        }
        for other in [1, carol, said - 1] {
            assert!(!lacks(Some(model.id(other))).await, "{other}");
        }
    }
}

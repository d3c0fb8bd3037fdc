//! A banned user cannot go on from before the ban.

use ruma::RoomVersionId;
use serde_json::json;

use super::{
    VERSIONS, check,
    model::{Model, member, message, state},
    world::World,
};
use crate::Received;

/// Bob and carol are there; alice bans carol after `here`.
fn banned(version: RoomVersionId) -> (Model, usize, usize) {
    let mut model = Model::new(version);
    let bob = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let here = model.add(&[bob], member("@carol:c", "@carol:c", "join"));
    let ban = model.add(&[here], member("@alice:a", "@carol:c", "ban"));
    (model, here, ban)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_from_before_a_ban_is_not_shown() {
    for version in VERSIONS {
        let (mut model, here, ban) = banned(version);
        let late = model.add(&[here], message("@carol:c", "still here"));
        let answer = model.add(&[late, ban], message("@bob:b", "I saw that"));
        let world = World::of(&model).await;
        for event in (1..=ban).map(|i| model.event(i)) {
            world.receive(event).await;
        }
        let end = world.row().await.extremities;
        let soft_failed = world.receive(model.event(late)).await;
        assert!(matches!(soft_failed, Received::SoftFailed(_)), "{soft_failed:?}");
        assert_eq!(world.row().await.extremities, end);
        assert_eq!(world.receive(model.event(late)).await, soft_failed);
        assert!(matches!(world.receive(model.event(answer)).await, Received::Accepted(_)));
        check::tables_agree(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn state_that_soft_failed_counts_where_others_build_on_it() {
    let mut model = Model::new(RoomVersionId::V11);
    let bob = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    // The demotion and bob's topic do not know of each other.
    let demotion = model.add(&[bob], state("@alice:a", "m.room.power_levels", "", model.levels(&[])));
    let topic = model.add(&[bob], state("@bob:b", "m.room.topic", "", json!({ "topic": "bob's" })));
    let (said, joined) = (message("@bob:b", "on my topic"), message("@alice:a", "joined"));
    let said = model.add(&[topic], said);
    let joined = model.add(&[said, demotion], joined);
    let world = World::of(&model).await;
    for event in 1..=demotion {
        world.receive(model.event(event)).await;
    }
    assert!(matches!(world.receive(model.event(topic)).await, Received::SoftFailed(_)));
    let before = world.row().await;
    assert!(!check::contents(&world, before.state).await.contains_key(&("m.room.topic".into(), String::new())));
    assert!(matches!(world.receive(model.event(said)).await, Received::Accepted(_)));
    assert_eq!(world.row().await.extremities.split(',').count(), 2);
    assert!(matches!(world.receive(model.event(joined)).await, Received::Accepted(_)));
    check::events_agree(&world, &model).await;
    check::tables_agree(&world).await;
}

/// A server opens as many branches as there may be, and tells nobody else of them.
#[tokio::test(flavor = "multi_thread")]
async fn branches_of_one_server_leave_others_theirs() {
    let mut model = Model::new(RoomVersionId::V12);
    let bob = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let here = model.add(&[bob], member("@carol:c", "@carol:c", "join"));
    let branches = (0..101).map(|i| model.add(&[here], message("@bob:b", &format!("branch {i}"))));
    let branches: Vec<usize> = branches.collect();
    let honest = model.add(&[here], message("@carol:c", "one"));
    let next = model.add(&[honest], message("@carol:c", "two"));
    // Of whose users none is in the room, so that nobody joins the branches.
    let world = World::of_others(&model).await;
    for event in 1..=here {
        world.receive(model.event(event)).await;
    }
    let (last, first) = branches.split_last().unwrap();
    for event in first {
        assert!(matches!(world.receive(model.event(*event)).await, Received::Accepted(_)));
    }
    assert!(matches!(world.receive(model.event(*last)).await, Received::SoftFailed(_)));
    for event in [honest, next] {
        assert!(matches!(world.receive(model.event(event)).await, Received::Accepted(_)));
    }
    check::tables_agree(&world).await;
}

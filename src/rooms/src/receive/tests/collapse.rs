//! Many branches, and our own events on them.

use ruma::RoomVersionId;
use serde_json::json;

use super::{
    check,
    model::{Model, member, message, state, user},
    world::World,
};
use crate::{Received, lane::Proposal};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_ours_joins_the_branches() {
    let mut model = Model::new(RoomVersionId::V11);
    let bob = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let topic = model.add(&[bob], state("@bob:b", "m.room.topic", "", json!({ "topic": "one" })));
    let name = model.add(&[bob], state("@alice:a", "m.room.name", "", json!({ "name": "two" })));
    let both = model.add(&[topic, name], message("@alice:a", "all"));
    let world = World::of(&model).await;
    for event in 1..both {
        assert!(matches!(world.receive(model.event(event)).await, Received::Accepted(_)));
    }
    assert_eq!(world.row().await.extremities.split(',').count(), 2);
    let content = events::canonical::object(r#"{"body":"hello","msgtype":"m.text"}"#).unwrap();
    let proposal = Proposal::message(user("@alice:a"), "m.room.message".into(), content);
    let sent = world.rooms.propose_one(world.row().await.nid, proposal).await.unwrap();
    let stored = world.event(&sent.event_id).await.unwrap();
    assert_eq!(world.row().await.extremities, stored.nid.to_string());
    assert_eq!(check::contents(&world, stored.state_before).await, model.events[both].before);
    check::tables_agree(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_branches_are_joined_by_one_of_us() {
    let mut model = Model::new(RoomVersionId::V12);
    let bob = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let branches: Vec<usize> = (0..25)
        .map(|i| match i % 2 {
            0 => model.add(&[bob], state("@bob:b", "org.example.branch", &i.to_string(), json!({ "branch": i }))),
            _ => model.add(&[bob], message("@bob:b", &format!("branch {i}"))),
        })
        .collect();
    let world = World::of(&model).await;
    for event in (1..=bob).chain(branches) {
        assert!(matches!(world.receive(model.event(event)).await, Received::Accepted(_)));
    }
    let row = world.row().await;
    assert!(row.extremities.split(',').count() <= 10, "{}", row.extremities);
    let state = check::contents(&world, row.state).await;
    let kept = state.keys().filter(|(event_type, _)| event_type.to_string() == "org.example.branch").count();
    assert_eq!(kept, 13, "every branch counts");
    check::tables_agree(&world).await;
}

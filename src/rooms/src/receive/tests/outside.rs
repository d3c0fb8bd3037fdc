//! What a server sends that is not in the room.

use serde_json::json;

use super::{
    VERSIONS, check,
    model::{Model, member, message, state},
    world::World,
};
use crate::{Error, Received};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_leaves_nothing_behind() {
    for version in VERSIONS {
        let mut model = Model::new(version);
        let word = model.add(&[3], message("@bob:b", "let me in"));
        let topic = model.add(&[3], state("@bob:b", "m.room.topic", "", json!({ "topic": "mine" })));
        let join = model.add(&[3], member("@bob:b", "@bob:b", "join"));
        let world = World::of(&model).await;
        for event in 1..=3 {
            world.receive(model.event(event)).await;
        }
        let before = world.row().await;
        let receive = async |event| world.rooms.receive_from_outside(&world.room_id, model.event(event).clone()).await;
        for event in [word, topic] {
            let outcome = receive(event).await;
            assert!(matches!(outcome, Err(Error::Forbidden(_))), "{outcome:?}");
            assert!(world.event(model.id(event)).await.is_none());
        }
        let after = world.row().await;
        assert_eq!((after.state, after.extremities), (before.state, before.extremities));
        assert!(matches!(world.receive(model.event(word)).await, Received::Rejected(_)));
        assert!(matches!(receive(word).await, Ok(Received::Rejected(_))), "it is here already");
        assert!(matches!(receive(join).await, Ok(Received::Accepted(_))));
        check::tables_agree(&world).await;
    }
}

//! `state_after` (MSC4222).

use serde_json::json;
use sync::StateForm;

use crate::{
    client::{joined, left, limit, types},
    world::{Ask, World},
};

#[tokio::test]
async fn the_state_is_that_at_the_end() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.form = StateForm::After;
    let room = world.room("alice").await;
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert!(types(&told["state_after"]).contains(&"m.room.create".to_owned()));
    assert!(types(&told["timeline"]).contains(&"m.room.create".to_owned()));

    world.topic(&room, "alice", "one").await;
    let topic = world.topic(&room, "alice", "two").await;
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(types(&told["state_after"]), ["m.room.topic"]);
    assert_eq!(told["state_after"]["events"][0]["event_id"], topic.as_str());
    world.say(&room, "alice", "text").await;
    let answer = alice.sync().await;
    assert_eq!(joined(&answer, &room)["state_after"]["events"], json!([]));
}

#[tokio::test]
async fn it_bears_the_name_that_was_asked_for() {
    let world = World::new().await;
    let mut bob = world.client("bob").await;
    let _alice = world.session("alice").await;
    let (room, other) = (world.room("alice").await, world.room("alice").await);
    world.join(&room, "bob").await;
    world.join(&other, "bob").await;
    bob.filter = limit(2);
    bob.sync().await;
    world.topic(&room, "alice", "one").await;
    world.leave(&other, "bob").await;
    for form in [StateForm::Before, StateForm::After, StateForm::AfterUnstable] {
        let answer = world.sync(&bob.session, Ask { form, ..bob.ask() }).await.unwrap();
        let names = ["state", "state_after", "org.matrix.msc4222.state_after"];
        let forms = [StateForm::Before, StateForm::After, StateForm::AfterUnstable];
        for (name, is) in names.into_iter().zip(forms) {
            assert_eq!(joined(&answer, &room).get(name).is_some(), form == is, "{name}");
            assert_eq!(left(&answer, &other).get(name).is_some(), form == is, "{name}");
        }
    }
}

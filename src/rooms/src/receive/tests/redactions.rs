//! Redactions before and after what they redact.

use events::VerifiedPdu;
use ruma::{EventId, RoomVersionId};
use serde_json::json;

use super::{
    VERSIONS,
    model::{Draft, Model, member, message, user},
    world::World,
};
use crate::Received;

fn redaction(model: &mut Model, prev: usize, sender: &str, target: usize) -> VerifiedPdu {
    let redacts = Some(model.id(target).to_owned());
    let draft = Draft { sender: user(sender), kind: "m.room.redaction", state_key: None, content: json!({}), redacts };
    model.build(&[prev], draft)
}

fn room(version: RoomVersionId) -> (Model, usize) {
    let mut model = Model::new(version);
    let mut last = 3;
    for name in ["@bob:b", "@carol:c", "@frank:c"] {
        last = model.add(&[last], member(name, name, "join"));
    }
    (model, last)
}

async fn is_redacted_by(world: &World, target: &EventId, by: Option<&EventId>) {
    let stored = world.event(target).await.unwrap();
    let by = match by {
        Some(by) => Some(world.event(by).await.unwrap().nid),
        None => None,
    };
    assert_eq!(stored.redacted_by, by, "{target}");
    assert_eq!(stored.json.contains("m.text"), by.is_none(), "{}", stored.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_redact_does_before_or_after() {
    for version in VERSIONS {
        let (mut model, last) = room(version);
        let said = model.add(&[last], message("@carol:c", "oops"));
        let by_moderator = redaction(&mut model, said, "@bob:b", said);
        for together in [false, true] {
            // In order.
            let world = World::of(&model).await;
            let mut events: Vec<_> = (1..=said).map(|i| model.event(i).clone()).collect();
            events.push(by_moderator.clone());
            match together {
                true => drop(world.receive_together(&events).await),
                false => {
                    for event in &events {
                        world.receive(event).await;
                    }
                }
            }
            is_redacted_by(&world, model.id(said), Some(by_moderator.event_id())).await;
        }
        // The redaction comes by a branch that does not have the message.
        let early = redaction(&mut model, last, "@frank:c", said);
        let world = World::of(&model).await;
        let mut events: Vec<_> = (1..=last).map(|i| model.event(i).clone()).collect();
        events.extend([early.clone(), model.event(said).clone()]);
        let received = world.receive_together(&events).await;
        assert!(received.iter().all(|received| matches!(received, Received::Accepted(_))), "{received:?}");
        // Frank sits on the same server as carol.
        is_redacted_by(&world, model.id(said), Some(early.event_id())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_redact_does_not() {
    let (mut model, last) = room(RoomVersionId::V11);
    let said = model.add(&[last], message("@bob:b", "I stay"));
    let (before, after) =
        (redaction(&mut model, last, "@carol:c", said), redaction(&mut model, said, "@frank:c", said));
    let world = World::of(&model).await;
    for event in (1..=last).map(|i| model.event(i).clone()).chain([before, model.event(said).clone(), after]) {
        assert!(matches!(world.receive(&event).await, Received::Accepted(_)));
    }
    is_redacted_by(&world, model.id(said), None).await;
}

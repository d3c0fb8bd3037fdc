//! Redactions before and after what they redact.

use events::VerifiedPdu;
use ruma::{EventId, RoomVersionId};
use serde_json::json;

use super::{
    VERSIONS,
    model::{Draft, Model, member, message, state, user},
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

#[tokio::test(flavor = "multi_thread")]
async fn an_outlier_and_its_redaction_come_together() {
    for version in VERSIONS {
        let (mut model, last) = room(version);
        let named = model.add(&[last], state("@bob:b", "m.room.name", "", json!({ "name": "oops" })));
        let gone = redaction(&mut model, last, "@alice:a", named);
        let world = World::of(&model).await;
        for event in 1..=last {
            world.receive(model.event(event)).await;
        }
        world.rooms.add_outliers(&world.room_id, vec![model.event(named).clone()]).await.unwrap();
        let received = world.receive_together(&[gone.clone(), model.event(named).clone()]).await;
        assert!(received.iter().all(|received| matches!(received, Received::Accepted(_))), "{received:?}");
        let stored = world.event(model.id(named)).await.unwrap();
        assert!(stored.redacted_by.is_some() && !stored.json.contains("oops"), "{}", stored.json);
        let (events, rules) = (world.rooms.clone(), model.rules);
        let pdu = world.rooms.store().read(move |conn| Ok(events.events().pdu(conn, stored.nid, rules))).await.unwrap();
        assert!(!pdu.unwrap().json().contains("oops"), "the cache has what is stored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_no_id_is_not_waited_for() {
    let (mut model, last) = room(RoomVersionId::V11);
    let world = World::of(&model).await;
    for event in 1..=last {
        world.receive(model.event(event)).await;
    }
    for target in ["$a\0b".to_owned(), format!("${}", "x".repeat(10_000))] {
        let redacts = Some(EventId::parse(target).unwrap());
        let (kind, content) = ("m.room.redaction", json!({}));
        let draft = Draft { sender: user("@bob:b"), kind, state_key: None, content, redacts };
        let event = model.build(&[last], draft);
        assert!(event.redacts().is_none());
        assert!(matches!(world.receive(&event).await, Received::Accepted(_)));
    }
}

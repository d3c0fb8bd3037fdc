//! Many events at once.

use std::{thread, time::Duration};

use events::{Error, EventBuilder, Provenance, SigningKey, canonical};
use ruma::{RoomVersionId, UserId};
use serde_json::{json, value::RawValue};
use store::testing::each;

use super::world::{DAY, NOW, World, honest, key, time};
use crate::Verifier;

pub fn event(server: &str, by: &SigningKey, moment: i64, body: &str) -> Box<RawValue> {
    let rules = events::version::rules(&RoomVersionId::V11).unwrap();
    let built = EventBuilder {
        room_id: Some("!room:a.example".try_into().unwrap()),
        sender: UserId::parse(format!("@u:{server}")).unwrap(),
        event_type: "m.room.message".into(),
        state_key: None,
        content: canonical::object_from(&json!({ "body": body })).unwrap(),
        prev_events: vec!["$p".try_into().unwrap()],
        auth_events: vec![],
        depth: 7,
        origin_server_ts: time(moment),
        redacts: None,
    };
    RawValue::from_string(built.build(rules, by).unwrap().json().to_owned()).unwrap()
}

async fn verify(world: &World, events: Vec<Box<RawValue>>) -> Vec<crate::Checked> {
    let rules = events::version::rules(&RoomVersionId::V11).unwrap();
    Verifier::new(world.ring.clone()).verify(rules, events, Provenance::History).await
}

#[tokio::test]
async fn one_bad_event_spoils_no_other() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        world.publish("b.example", honest("b.example", &key(3), NOW + DAY).to_string());
        let mut events = Vec::new();
        for n in 0..100 {
            let body = n.to_string();
            events.push(match n % 10 {
                // Signed with the key of another, of a dead server, with a made up key, and no event at all.
                1 => event("a.example", &key(3), NOW, &body),
                2 => event("dead.example", &key(2), NOW, &body),
                3 => event("b.example", &key(4), NOW, &body),
                4 => RawValue::from_string("{\"depth\":1.5}".to_owned()).unwrap(),
                5 => event("b.example", &key(3), NOW, &body),
                _ => event("a.example", &key(2), NOW, &body),
            });
        }
        let checked = verify(&world, events.clone()).await;
        assert_eq!(checked.len(), events.len());
        for (n, (checked, json)) in checked.iter().zip(&events).enumerate() {
            match &checked.outcome {
                Ok(event) => {
                    assert!(!matches!(n % 10, 1..=4), "{n}");
                    assert_eq!((event.json(), Some(event.event_id())), (json.get(), checked.event_id.as_deref()));
                }
                Err(Error::Signature(_)) => assert!(matches!(n % 10, 1..=3) && checked.event_id.is_some(), "{n}"),
                Err(_) => assert!(n % 10 == 4 && checked.event_id.is_none(), "{n}"),
            }
        }
        let asked = ["a.example", "b.example", "dead.example"].map(|server| world.net.asked(server));
        assert_eq!(asked, [1, 1, 1], "all keys of a server are asked for together");
        assert!(verify(&world, Vec::new()).await.is_empty());
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_checks_cost_is_counted() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        let rules = events::version::rules(&RoomVersionId::V11).unwrap();
        let verifier = Verifier::new(world.ring.clone());
        assert_eq!((verifier.checks().events, verifier.checks().requests), (0, 0));
        let event = event("a.example", &key(2), NOW, "x");
        verifier.clone().verify(rules, vec![event], Provenance::Sent).await;
        let checks = verifier.checks();
        assert!(checks.events == 1 && checks.requests == 0 && !checks.took.is_zero(), "{checks:?}");
        let moment = Duration::from_millis(2);
        verifier.count_request(|| thread::sleep(moment));
        let both = verifier.checks();
        assert!(both.events == 1 && both.requests == 1 && both.took >= checks.took + moment, "{both:?}");
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn keys_must_have_been_good_when_an_event_was_sent() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        world.clock.advance(Duration::from_secs(3_600));
        // One that pretends to come from the far future takes none of the others along.
        let moments = [NOW - 900 * DAY, NOW, NOW + DAY, NOW + DAY + 1, NOW + 9_000 * DAY];
        let events = moments.map(|moment| event("a.example", &key(2), moment, "x")).to_vec();
        let good = verify(&world, events).await.iter().map(|checked| checked.outcome.is_ok()).collect::<Vec<_>>();
        assert_eq!(good, [true, true, true, false, false]);
        world.store.close().await;
    })
    .await;
}

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use events::VerifiedPdu;
use ruma::{RoomVersionId, room_id, server_name};
use store::testing::each;

use super::*;
use crate::keys::tests::{
    verify::event,
    world::{DAY, NOW, World, honest, key},
};

#[tokio::test]
async fn whatever_is_told_twice_is_checked_once() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        let verifier = Verifier::new(world.ring.clone());
        let rules = events::version::rules(&RoomVersionId::V11).unwrap();
        let [first, second, old] = ["1", "2", "3"].map(|body| event("a.example", &key(2), NOW, body));
        let forged = event("a.example", &key(3), NOW, "4");
        let mut told = Told::new(verifier.clone(), rules);
        for (list, json) in [
            (AUTH_CHAIN, Some(&first)),
            (AUTH_CHAIN, Some(&old)),
            (AUTH_CHAIN, Some(&forged)),
            (STATE, Some(&first)),
            (STATE, Some(&forged)),
            (STATE, Some(&second)),
            (STATE, None),
            (STATE, Some(&first)),
            (AUTH_CHAIN, Some(&second)),
            (AUTH_CHAIN, None),
        ] {
            told.take(Element { list, json: json.cloned() }).await;
        }
        assert_eq!(told.state_len(), 5);
        let (state, auth_chain) = told.finish(room_id!("!room:a.example"), server_name!("b.example")).await;
        let texts = |events: &[VerifiedPdu]| events.iter().map(|event| event.json().to_owned()).collect::<Vec<_>>();
        assert_eq!(texts(&state), [first.get(), second.get(), first.get()], "in their order");
        assert_eq!(texts(&auth_chain), [old.get()], "without what is in the state");
        assert_eq!(verifier.checks().events, 4);
        world.store.close().await;
    })
    .await;
}

//! Auth chains of single events, and how long walks along them may take.

use std::{collections::BTreeSet, time::Instant};

use ruma::{OwnedEventId, RoomVersionId};
use serde_json::{Value, json};

use super::{b, told, with_bob};
use crate::receive::tests::{
    model::{member, message, state},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_auth_chain_of_an_event_is_told() {
    for version in [RoomVersionId::V11, RoomVersionId::V12] {
        let (mut model, bob) = with_bob(version);
        let said = model.add(&[bob], message("@bob:b", "hello"));
        // Bob has no power to ban, so this is rejected; and what names it is, too.
        let refused = model.build(&[said], member("@carol:c", "@bob:b", "ban"));
        let refused = model.insert(&[said], refused);
        assert!(model.events[refused].rejected);
        World::each(&model, async |world| {
            for index in [0, bob, said, refused] {
                let chain = world.rooms.event_auth_for_server(b(), &world.room_id, model.id(index)).await.unwrap();
                let mut expected: BTreeSet<OwnedEventId> = BTreeSet::new();
                let mut waiting: Vec<OwnedEventId> = vec![model.id(index).to_owned()];
                while let Some(id) = waiting.pop() {
                    let named = model.fetch(&id).unwrap().auth_events().to_vec();
                    waiting.extend(named.into_iter().filter(|id| expected.insert(id.clone())));
                }
                if index != 0 {
                    expected.insert(model.id(0).to_owned());
                }
                let chain: BTreeSet<OwnedEventId> =
                    told(&model, &chain).into_iter().map(|index| model.id(index).to_owned()).collect();
                assert_eq!(chain, expected, "{index}");
            }
        })
        .await;
    }
}

/// CVE-2024-31208: a long chain of auth events, each reached on many ways, kept a server busy for good.
#[tokio::test(flavor = "multi_thread")]
async fn cve_2024_31208_a_long_auth_chain_is_quickly_walked() {
    const CHANGES: usize = 400;
    let (mut model, bob) = with_bob(RoomVersionId::V11);
    let mut last = bob;
    for number in 0..CHANGES {
        let mut levels = model.levels(&[("@bob:b", 50)]);
        levels["events_default"] = json!(number % 7);
        let kind = if number % 2 == 0 { "m.room.power_levels" } else { "m.room.member" };
        let (key, content): (_, Value) = match kind {
            "m.room.member" => ("@alice:a", json!({ "membership": "join", "displayname": number.to_string() })),
            _ => ("", levels),
        };
        last = model.add(&[last], state("@alice:a", kind, key, content));
    }
    let end = model.add(&[last], message("@alice:a", "done"));
    World::each(&model, async |world| {
        let started = Instant::now();
        for _ in 0..10 {
            let ids = world.rooms.state_ids_for_server(b(), &world.room_id, model.id(end)).await.unwrap();
            assert!(ids.auth_chain.len() > CHANGES, "{}", ids.auth_chain.len());
        }
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    })
    .await;
}

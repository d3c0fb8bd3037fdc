//! The auth chain index against plain walks.

use std::{collections::HashSet, sync::Arc};

use events::resolve::{self, ConflictedState, EventIdSet, StateMap};
use ruma::{EventId, OwnedEventId};

use super::{
    VERSIONS, check,
    model::{LIMIT, Model},
    random::{self, Dice},
    world::World,
};
use crate::lane::{Building, Head, testing::Resolution};

fn conflicted(states: &[StateMap]) -> ConflictedState {
    let mut conflicted = ConflictedState::new();
    for (key, id) in states.iter().flatten() {
        if states.iter().any(|state| state.get(key) != Some(id)) {
            let ids = conflicted.entry(key.clone()).or_default();
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
    }
    conflicted
}

fn ids(set: &EventIdSet) -> HashSet<OwnedEventId> {
    set.iter().cloned().collect()
}

/// Compares the resolution of the states after these events.
fn compare(model: &Model, building: &mut Building<'_>, places: &[usize]) -> i64 {
    let states: Vec<StateMap> = places.iter().map(|i| model.events[*i].after.clone()).collect();
    let fetch = |id: &EventId| model.fetch(id);
    let conflicted = conflicted(&states);
    let of_conflict: HashSet<OwnedEventId> = conflicted.values().flatten().cloned().collect();
    let full: Vec<HashSet<OwnedEventId>> = states.iter().map(|state| ids(&model.chain(state))).collect();

    let known = building.known(places.iter().map(|i| model.id(*i))).unwrap();
    let roots: Vec<i64> = places.iter().map(|i| known[model.id(*i)].row.state_after).collect();
    let Resolution { roots, chains, subgraph } = building.resolution(roots).unwrap();
    let after = |root: i64| known.values().find(|known| known.row.state_after == root).unwrap();
    for (root, chain) in roots.iter().zip(chains) {
        let index = model.index[&OwnedEventId::try_from(after(*root).row.event_id.as_str()).unwrap()];
        let place = places.iter().position(|place| *place == index).unwrap();
        let common = |id: &&OwnedEventId| full.iter().all(|chain| chain.contains(*id));
        let expected: HashSet<_> = full[place].iter().filter(|id| !common(id)).cloned().collect();
        let found = |set: HashSet<OwnedEventId>| -> HashSet<_> { set.difference(&of_conflict).cloned().collect() };
        assert_eq!(found(chain), found(expected), "states after {places:?}");
    }
    let walked = resolve::conflicted_subgraph(&conflicted, fetch, LIMIT).unwrap();
    assert_eq!(subgraph, ids(&walked), "subgraph of {places:?}");
    building.resolve(roots).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_says_what_a_walk_says() {
    for version in VERSIONS {
        for seed in 20..23 {
            let model = Arc::new(random::room(version.clone(), seed, 60));
            let world = World::of_others(&model).await;
            let events: Vec<_> = model.events[1..].iter().map(|event| event.event.clone()).collect();
            world.receive_together(&events).await;
            let room = world.row().await.nid;
            let mut dice = Dice::new(seed);
            for _ in 0..40 {
                let count = 2 + dice.below(3);
                let places: Vec<usize> = (0..count).map(|_| dice.below(model.events.len())).collect();
                let states: Vec<StateMap> = places.iter().map(|i| model.events[*i].after.clone()).collect();
                let (rooms, of_model, chosen) = (world.rooms.clone(), model.clone(), places.clone());
                let read = world.rooms.store().read(move |conn| {
                    let head = Head::load(conn, rooms.events(), room).unwrap();
                    let mut building = Building::begin(&rooms, conn, head);
                    let root = compare(&of_model, &mut building, &chosen);
                    Ok((root, building.state_of(root)))
                });
                let (root, rows) = read.await.unwrap();
                assert_eq!(rows.unwrap(), model.resolve(&states), "root {root} of {places:?}");
            }
            check::tables_agree(&world).await;
        }
    }
}

//! State resolution on random rooms with forks, against the naive reading.

use std::{cell::Cell, collections::HashSet};

use events::{
    Error,
    resolve::{StateMap, auth_chain, conflicted_subgraph, resolve},
    version,
};
use proptest::prelude::*;
use ruma::OwnedEventId;
use serde_json::{Value, json};

use crate::{
    naive,
    room::{ALICE, BOB, CAROL, DAVE, Draft, Room},
};

const USERS: [&str; 4] = [ALICE, BOB, CAROL, DAVE];

/// One attempt to send an event.
#[derive(Clone, Debug)]
struct Step {
    actor: usize,
    target: usize,
    action: u8,
    /// The events to build on, counted back from the newest.
    back: Vec<usize>,
    /// Times are few, so that ties are many.
    ts: u32,
}

fn step() -> impl Strategy<Value = Step> {
    (0..4_usize, 0..4_usize, 0..10_u8, prop::collection::vec(0..6_usize, 1..4), 0..6_u32)
        .prop_map(|(actor, target, action, back, ts)| Step { actor, target, action, back, ts })
}

/// What a step says: type, state key, content.
fn saying(room: &Room, step: &Step) -> (&'static str, Option<&'static str>, Value) {
    let (actor, target) = (USERS[step.actor], USERS[step.target]);
    let member = |key, membership: &str| ("m.room.member", Some(key), json!({ "membership": membership }));
    match step.action {
        0 | 1 => member(actor, "join"),
        2 => member(actor, "leave"),
        3 => member(target, "leave"),
        4 => member(target, "ban"),
        5 => member(target, "invite"),
        6 => ("m.room.topic", Some(""), json!({ "topic": step.ts })),
        7 => {
            let rule = if step.ts.is_multiple_of(2) { "public" } else { "invite" };
            ("m.room.join_rules", Some(""), json!({ "join_rule": rule }))
        }
        8 => {
            let level = [0, 50, 100][step.ts as usize % 3];
            let mut users = json!({ BOB: 50, target: level });
            let users = users.as_object_mut().unwrap();
            if version::room_id_is_create_hash(room.rules) {
                users.remove(ALICE);
            } else {
                users.entry(ALICE).or_insert(json!(100));
            }
            let topic = [0, 50][step.ts as usize / 3];
            ("m.room.power_levels", Some(""), json!({ "users": users, "events": { "m.room.topic": topic } }))
        }
        _ => ("m.room.message", None, json!({ "body": "x" })),
    }
}

fn resolved(room: &Room, states: &[StateMap]) -> StateMap {
    let chains = states.iter().map(|state| room.chain(state)).collect();
    let subgraph = |set: &_| conflicted_subgraph(set, |id| room.fetch(id), 100_000).ok();
    resolve(room.rules, states, chains, |id| room.fetch(id), subgraph).unwrap()
}

/// Runs the steps; wherever branches meet, both resolutions must agree. Counts the meetings with a conflict.
fn run(version: usize, steps: &[Step]) -> Result<usize, TestCaseError> {
    let version = &version::SUPPORTED[version];
    let mut room = Room::public(version, json!({ "users": { BOB: 50 } }));
    let mut conflicts = 0;
    for step in steps {
        let newest = room.order.len() - 1;
        let prev: HashSet<OwnedEventId> =
            step.back.iter().map(|back| room.order[newest.saturating_sub(*back).max(3)].clone()).collect();
        let prev: Vec<OwnedEventId> = prev.into_iter().collect();
        let states: Vec<StateMap> = prev.iter().map(|id| room.state_after[id].clone()).collect();
        let before = naive::resolve(&room, &states);
        let fast = resolved(&room, &states);
        prop_assert_eq!(&fast, &before, "version {} after {:?}", version, prev);
        conflicts += usize::from(states.iter().any(|state| *state != states[0]));

        let (event_type, state_key, content) = saying(&room, step);
        let draft = Draft { sender: USERS[step.actor], event_type, state_key, content, ts: step.ts };
        match room.send(prev, before, draft) {
            Ok(_) | Err(Error::Forbidden(_)) => {}
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
    }
    Ok(conflicts)
}

#[test]
fn as_the_specification_says() {
    let conflicts = Cell::new(0);
    // A room is a long case. PROPTEST_CASES sets the number here too.
    let cases = ProptestConfig::default().cases / 4;
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let strategy = (0..version::SUPPORTED.len(), prop::collection::vec(step(), 1..40));
    let result = runner.run(&strategy, |(version, steps)| {
        conflicts.set(conflicts.get() + run(version, &steps)?);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(conflicts.get() > 3 * cases as usize, "only {} meetings of branches had conflicts", conflicts.get());
}

/// Two branches in one of which Bob is banned, and in the other sets the topic: the ban wins.
#[test]
fn a_ban_wins() {
    for version in version::SUPPORTED {
        let mut room = Room::public(&version, json!({ "users": { BOB: 50 } }));
        room.say(BOB, "m.room.member", Some(BOB), json!({ "membership": "join" })).unwrap();
        let fork = room.order.last().cloned().unwrap();
        let before = room.state();
        let mut branch = |sender, event_type, key, content, ts| {
            let draft = Draft { sender, event_type, state_key: Some(key), content, ts };
            let event = room.send(vec![fork.clone()], before.clone(), draft).unwrap();
            room.state_after[event.event_id()].clone()
        };
        let banned = branch(ALICE, "m.room.member", BOB, json!({ "membership": "ban" }), 100);
        let topic = branch(BOB, "m.room.topic", "", json!({ "topic": "mine" }), 50);
        let state = resolved(&room, &[banned.clone(), topic]);
        assert_eq!(state, banned, "{version}");
    }
}

#[test]
fn walks_are_bounded() {
    let room = Room::public(&version::SUPPORTED[0], json!({}));
    let state = room.state();
    assert_eq!(auth_chain(state.values(), |id| room.fetch(id), 4).unwrap().len(), 4);
    assert!(matches!(auth_chain(state.values(), |id| room.fetch(id), 3), Err(Error::Resolution(_))));
    assert_eq!(resolved(&room, std::slice::from_ref(&state)), state);
    assert_eq!(resolved(&room, &[]), StateMap::new());
}

//! Random graphs of a room with forks, in which members fight over power, bans and join rules.

use std::collections::HashSet;

use ruma::RoomVersionId;
use serde_json::json;

use super::model::{Draft, Model, member, message, state};

const USERS: [&str; 6] = ["@alice:a", "@bob:b", "@carol:c", "@dave:a", "@erin:b", "@frank:c"];

/// A small generator of numbers: the same seed, the same room.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// A room of about so many events, whose last joins all branches.
pub fn room(version: RoomVersionId, seed: u64, events: usize) -> Model {
    let mut dice = Dice::new(seed);
    let mut model = Model::new(version);
    let mut last = model.events.len() - 1;
    for joining in &USERS[1..4] {
        last = model.add(&[last], member(joining, joining, "join"));
    }
    while model.events.len() < events {
        let prev = prev_events(&mut dice, &model);
        let draft = draft(&mut dice, &model);
        let event = if dice.below(10) == 0 {
            // Auth events of some other place are often right, too.
            let place = dice.below(model.events.len());
            let by = model.events[place].after.clone();
            model.build_by(&prev, draft, &by)
        } else {
            model.build(&prev, draft)
        };
        if model.index.contains_key(event.event_id()) {
            continue;
        }
        let added = model.insert(&prev, event);
        if model.events[added].rejected && dice.below(4) > 0 {
            model.index.remove(&model.id(added).to_owned());
            model.events.pop();
        }
    }
    join_branches(&mut model);
    model
}

fn prev_events(dice: &mut Dice, model: &Model) -> Vec<usize> {
    let newest = model.events.len();
    let count = dice.pick(&[1, 1, 1, 2, 2, 3]);
    let mut prev: Vec<usize> = (0..count).map(|_| newest - 1 - dice.below(newest.min(9) - 3)).collect();
    prev.sort_unstable();
    prev.dedup();
    // A rejected event seldom has children.
    let rejected = |i: &usize| model.events[*i].rejected;
    if prev.iter().any(rejected) && dice.below(5) > 0 {
        prev.retain(|i| !rejected(i));
    }
    if prev.is_empty() { vec![newest.min(4) - 1] } else { prev }
}

fn draft(dice: &mut Dice, model: &Model) -> Draft {
    let (sender, target) = (dice.pick(&USERS), dice.pick(&USERS[1..]));
    let powerful = dice.pick(&["@alice:a", "@alice:a", "@bob:b", "@carol:c"]);
    match dice.below(12) {
        0 | 1 => member(target, target, "join"),
        2 => member(target, target, "leave"),
        3 | 4 => member(powerful, target, dice.pick(&["ban", "leave", "invite"])),
        5 | 6 => {
            let level = |dice: &mut Dice| dice.pick(&[0, 50, 50, 100]);
            let (bob, carol) = (level(dice), level(dice));
            state(powerful, "m.room.power_levels", "", model.levels(&[("@bob:b", bob), ("@carol:c", carol)]))
        }
        7 => state(powerful, "m.room.join_rules", "", json!({ "join_rule": dice.pick(&["public", "invite"]) })),
        8 | 9 => state(powerful, "m.room.topic", "", json!({ "topic": format!("topic {}", dice.below(1_000)) })),
        10 => state(powerful, "org.example.note", target, json!({ "note": dice.below(1_000) })),
        _ => message(sender, "hello"),
    }
}

/// Alice's events that come after all branches.
fn join_branches(model: &mut Model) {
    loop {
        let mut ends: Vec<usize> = ends(model);
        if ends.len() == 1 {
            return;
        }
        ends.truncate(10);
        let joined = model.add(&ends, message("@alice:a", "joined"));
        assert!(!model.events[joined].rejected);
    }
}

/// Events that no accepted event comes after.
fn ends(model: &Model) -> Vec<usize> {
    let mut passed: HashSet<usize> = HashSet::new();
    let mut waiting: Vec<usize> = (0..model.events.len()).filter(|i| !model.events[*i].rejected).collect();
    while let Some(i) = waiting.pop() {
        for id in model.events[i].event.prev_events() {
            let before = model.index[id];
            if passed.insert(before) && model.events[before].rejected {
                waiting.push(before);
            }
        }
    }
    (0..model.events.len()).filter(|i| !passed.contains(i) && !model.events[*i].rejected).collect()
}

/// The events but the first, in another order in which each comes after all that it names.
pub fn shuffled(dice: &mut Dice, model: &Model) -> Vec<usize> {
    let mut left: Vec<usize> = (1..model.events.len()).collect();
    let mut there: HashSet<usize> = HashSet::from([0]);
    let mut order = Vec::new();
    while !left.is_empty() {
        let ready: Vec<usize> = left
            .iter()
            .copied()
            .filter(|i| {
                let event = &model.events[*i].event;
                event.prev_events().iter().chain(event.auth_events()).all(|id| there.contains(&model.index[id]))
            })
            .collect();
        let next = dice.pick(&ready);
        left.retain(|i| *i != next);
        there.insert(next);
        order.push(next);
    }
    order
}

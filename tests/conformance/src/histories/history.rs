//! A history: events that follow each other on several branches.

use std::collections::BTreeSet;

use serde_json::Value;

use super::chance::Chance;
use crate::peer::{Event, Room, State};

/// One event of a history.
#[derive(Clone, Debug)]
pub struct Made {
    /// The event.
    pub event: Event,
    /// The numbers of the events that it follows.
    pub follows: Vec<usize>,
    /// The state after it, as far as the one who makes the history knows.
    pub after: State,
    /// Whether the server beside has accepted it.
    pub accepted: bool,
}

/// A history. Its events are numbered in an order in which each comes after those that it names.
#[derive(Clone, Debug)]
pub struct History {
    /// From which it can be made again.
    pub seed: u64,
    /// The room with all its events, also those from before the history.
    pub room: Room,
    /// The events; number 0 is the end of what came before.
    pub events: Vec<Made>,
}

impl History {
    /// An event by its number.
    pub fn id(&self, number: usize) -> &str {
        self.events.get(number).map(|made| made.event.id.as_str()).unwrap_or_default()
    }

    /// The events that none follows.
    pub fn tips(&self) -> Vec<usize> {
        let followed = |number: &usize| self.events.iter().any(|made| made.follows.contains(number));
        (0..self.events.len()).filter(|number| !followed(number)).collect()
    }

    /// The tips, and what is one for a server that forgets what it rejects: it has accepted nothing that follows.
    pub fn heads(&self) -> Vec<usize> {
        let tips = self.tips();
        let followed = |number: &usize| self.events.iter().any(|made| made.accepted && made.follows.contains(number));
        let is_head = |number: &usize| {
            let accepted = self.events.get(*number).is_some_and(|made| made.accepted);
            tips.contains(number) || accepted && !followed(number)
        };
        (0..self.events.len()).filter(is_head).collect()
    }

    /// The number of an event of this history.
    pub fn number(&self, id: &str) -> Option<usize> {
        self.events.iter().position(|made| made.event.id == id)
    }

    /// The events that one names in a list such as `prev_events`, without those from before.
    pub fn named(&self, number: usize, list: &str) -> Vec<usize> {
        let pdu = self.events.get(number).map(|made| &made.event.pdu[list]);
        let ids = pdu.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        ids.filter_map(|id| self.number(id)).collect()
    }

    /// Both lists of an event.
    fn needs(&self, number: usize) -> Vec<usize> {
        [self.named(number, "prev_events"), self.named(number, "auth_events")].concat()
    }

    /// All events in another order in which each comes after those that it names.
    pub fn shuffled(&self, chance: &mut Chance) -> Vec<usize> {
        let mut left: BTreeSet<usize> = (1..self.events.len()).collect();
        let mut order = Vec::new();
        loop {
            let is_ready = |number: &usize| self.needs(*number).iter().all(|needed| !left.contains(needed));
            let ready: Vec<usize> = left.iter().copied().filter(is_ready).collect();
            let Some(next) = chance.of(&ready) else { return order };
            left.remove(&next);
            order.push(next);
        }
    }

    /// An event and all that came to it.
    pub fn ancestry(&self, number: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![number];
        while let Some(next) = waiting.pop() {
            if found.insert(next) {
                waiting.extend(self.needs(next));
            }
        }
        found
    }
}

/// What the unit tests of this folder need.
#[cfg(test)]
pub mod testing {
    use serde_json::json;

    use super::{History, Made};
    use crate::failure::Failure;
    use crate::peer::create::founded;
    use crate::peer::events::finish;
    use crate::peer::{Identity, State};

    /// A history whose events follow those of these numbers, the first of which is the beginning.
    pub fn history(follows: &[&[usize]]) -> Result<History, Failure> {
        let by = Identity::new("domain", "ed25519:1", &[7; 32])?;
        let mut room = founded(&by, "@a:domain", 11, "public")?;
        let mut events: Vec<Made> = Vec::new();
        for follows in follows {
            let mut draft = room.draft("@a:domain", "m.room.topic", Some(""), json!({ "topic": events.len() }));
            let ids = follows.iter().filter_map(|number| events.get(*number)).map(|made| &made.event.id);
            draft["prev_events"] = json!(ids.collect::<Vec<_>>());
            let event = finish(draft, 11, &by);
            room.know(&event);
            events.push(Made { event, follows: follows.to_vec(), after: State::new(), accepted: true });
        }
        Ok(History { seed: 1, room, events })
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::testing::history;
    use crate::failure::Outcome;

    #[test]
    fn tips_and_ancestry() -> Outcome {
        let history = history(&[&[], &[0], &[0], &[1], &[2, 3], &[2]])?;
        assert_eq!(history.tips(), [4, 5]);
        assert_eq!(history.named(4, "prev_events"), [2, 3]);
        assert_eq!(history.ancestry(4).into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(history.ancestry(5).into_iter().collect::<Vec<_>>(), [0, 2, 5]);
        Ok(())
    }

    #[test]
    fn every_order_is_possible() -> Outcome {
        let history = history(&[&[], &[0], &[0], &[1], &[2, 3], &[2]])?;
        let mut orders = Vec::new();
        for seed in 0..50 {
            let order = history.shuffled(&mut Chance::new(seed));
            assert_eq!(order.len(), 5);
            let place = |number| order.iter().position(|other| *other == number);
            assert!(
                place(1) < place(3) && place(3) < place(4) && place(2) < place(4) && place(2) < place(5),
                "{order:?}"
            );
            orders.push(order);
        }
        orders.sort();
        orders.dedup();
        assert!(orders.len() > 3, "{orders:?}");
        Ok(())
    }
}

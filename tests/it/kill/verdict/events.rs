//! Events that were acknowledged, against the histories.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Judge;
use crate::kill::history::{History, id};
use crate::kill::ledger::{Breach, Fact};

impl Judge<'_> {
    /// Each message once, where and as it was acknowledged, and those of one writer in its order.
    pub(super) fn messages(&self, facts: &[Fact], histories: &HashMap<String, History>) {
        let mut tags: HashMap<&str, usize> = HashMap::new();
        let mut places: HashMap<&str, (&str, usize, &Value)> = HashMap::new();
        for (room, history) in histories {
            for (place, event) in history.events.iter().enumerate() {
                places.insert(id(event), (room, place, event));
                if let Some(tag) = event["content"]["body"].as_str() {
                    *tags.entry(tag).or_default() += 1;
                }
            }
        }
        for (tag, count) in tags.iter().filter(|(_, count)| **count > 1) {
            self.breach(Breach::Twice(format!("{tag:?} was written {count} times")));
        }
        let redacted: HashSet<&str> = facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Redacted { event, .. } => Some(event.as_str()),
                _ => None,
            })
            .collect();
        let mut last: HashMap<(usize, &str), usize> = HashMap::new();
        for fact in facts {
            let Fact::Message { writer, room, tag, event } = fact else { continue };
            let Some((there, place, found)) = places.get(event.as_str()) else {
                self.breach(Breach::Lost(format!("{tag:?} ({event}) was acknowledged and is gone")));
                continue;
            };
            let body = found["content"]["body"].as_str();
            let expected = (!redacted.contains(event.as_str())).then_some(tag.as_str());
            if there != room || body != expected {
                self.breach(Breach::Inconsistent(format!("{event} in {room} should say {expected:?}: {found}")));
            }
            if last.insert((*writer, room), *place).is_some_and(|before| before > *place) {
                self.breach(Breach::Disordered(format!("{tag:?} stands before an earlier message of its writer")));
            }
        }
    }

    /// The state events of the writers: each value as often as it was tried at most, none lost, the last one current.
    pub(super) fn own_states(&self, facts: &[Fact], histories: &HashMap<String, History>) {
        let mut newest: HashMap<(usize, &str), u64> = HashMap::new();
        for fact in facts {
            let Fact::State { writer, room, value, event, tries } = fact else { continue };
            newest.insert((*writer, room), *value);
            let history = &histories[room];
            let key = writer.to_string();
            let of_value = |known: &&Value| {
                known["type"] == "org.example.kill"
                    && known["state_key"].as_str() == Some(&key)
                    && known["content"]["value"] == *value
            };
            let found = history.events.iter().filter(of_value).count() as u64;
            if history.place(event).is_none() || found == 0 {
                self.breach(Breach::Lost(format!("state {value} of writer {writer} ({event}) in {room} is gone")));
            } else if found > *tries {
                self.breach(Breach::Twice(format!(
                    "state {value} of writer {writer}: {found} events for {tries} tries"
                )));
            }
        }
        for ((writer, room), value) in newest {
            let key = ("org.example.kill".to_owned(), writer.to_string());
            let replayed = histories[room].replayed();
            let current = replayed.get(&key).and_then(|event| histories[room].place(event));
            let current = current.map(|place| &histories[room].events[place]["content"]["value"]);
            if current != Some(&value.into()) {
                self.breach(Breach::Lost(format!("writer {writer} set {value} last in {room}, but it is {current:?}")));
            }
        }
    }
}

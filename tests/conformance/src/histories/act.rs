//! What people do in a history: most of it allowed where they stand, some of it not.

use serde_json::{Value, json};

use super::chance::Chance;
use super::people::People;
use crate::peer::Room;

/// Levels that are set.
const LEVELS: [u64; 6] = [0, 25, 50, 60, 75, 100];
/// What they are set for, if not for a user. `events_default` stays 0, so that everybody can go on talking.
const RIGHTS: [&str; 4] = ["state_default", "ban", "kick", "invite"];
/// Types whose own level is set.
const TYPES: [&str; 4] = ["m.room.topic", "m.room.name", "m.room.join_rules", "m.room.power_levels"];

/// An event without its place.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who does it.
    pub sender: String,
    /// The type of the event.
    pub kind: &'static str,
    /// Its state key, if it has one.
    pub key: Option<String>,
    /// Its content.
    pub content: Value,
}

/// Something that somebody might do in a room as it is.
pub fn act(chance: &mut Chance, people: &People, room: &Room) -> Act {
    match chance.among(0..100) {
        0..25 => message(chance, people, room),
        25..40 => named(chance, people, room),
        40..55 => powers(chance, people, room),
        55..63 => join_rules(chance, people, room),
        _ => membership(chance, people, room),
    }
}

fn message(chance: &mut Chance, people: &People, room: &Room) -> Act {
    let content = json!({ "msgtype": "m.text", "body": chance.among(0..1_000_000).to_string() });
    Act { sender: people.somebody(room, chance), kind: "m.room.message", key: None, content }
}

fn state(sender: String, kind: &'static str, key: &str, content: Value) -> Act {
    Act { sender, kind, key: Some(key.to_owned()), content }
}

fn named(chance: &mut Chance, people: &People, room: &Room) -> Act {
    let text = chance.among(0..1_000_000).to_string();
    let sender = people.somebody_powerful(room, chance);
    match chance.one_in(2) {
        true => state(sender, "m.room.topic", "", json!({ "topic": text })),
        false => state(sender, "m.room.name", "", json!({ "name": text })),
    }
}

/// One level is changed.
fn powers(chance: &mut Chance, people: &People, room: &Room) -> Act {
    let mut content = room.content("m.room.power_levels", "");
    let level = json!(chance.of(&LEVELS));
    match chance.among(0..5) {
        0..3 => content["users"][people.target(chance)] = level,
        3 => content[chance.of(&RIGHTS).unwrap_or("kick")] = level,
        _ => content["events"][chance.of(&TYPES).unwrap_or("m.room.topic")] = level,
    }
    state(people.somebody_powerful(room, chance), "m.room.power_levels", "", content)
}

fn join_rules(chance: &mut Chance, people: &People, room: &Room) -> Act {
    let rules: &[&str] = if room.version >= 7 { &["public", "invite", "knock"] } else { &["public", "invite"] };
    let rule = chance.of(rules).unwrap_or("public");
    state(people.somebody_powerful(room, chance), "m.room.join_rules", "", json!({ "join_rule": rule }))
}

/// A user joins, leaves, knocks, is invited, kicked, banned, or let in again.
fn membership(chance: &mut Chance, people: &People, room: &Room) -> Act {
    let target = people.target(chance);
    let is_banned = room.content("m.room.member", &target)["membership"] == "ban";
    let (by_themselves, membership) = match chance.among(0..8) {
        0 | 1 if is_banned => (false, "leave"),
        0 => (false, "ban"),
        1 => (false, "leave"),
        2 => (true, "leave"),
        3 | 4 => (true, "join"),
        5 if room.version >= 7 => (true, "knock"),
        5 | 6 => (false, "invite"),
        _ => (true, "join"),
    };
    let sender = if by_themselves { target.clone() } else { people.somebody_powerful(room, chance) };
    state(sender, "m.room.member", &target, json!({ "membership": membership }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::chance::Chance;
    use super::super::people::testing::people;
    use super::act;
    use crate::failure::Outcome;

    #[test]
    fn all_kinds_of_things_are_done() -> Outcome {
        let people = people()?;
        let (room, mut chance) = (people.gather(11)?, Chance::new(3));
        let acts: Vec<_> = (0..500).map(|_| act(&mut chance, &people, &room)).collect();
        let kinds: BTreeSet<_> = acts.iter().map(|act| act.kind).collect();
        assert_eq!(kinds.len(), 6, "{kinds:?}");
        let memberships: BTreeSet<_> = acts.iter().filter_map(|act| act.content["membership"].as_str()).collect();
        assert_eq!(memberships.into_iter().collect::<Vec<_>>(), ["ban", "invite", "join", "knock", "leave"]);
        let senders: BTreeSet<_> = acts.iter().map(|act| &act.sender).collect();
        assert_eq!(senders.len(), 7, "everybody does something");
        let own_powers =
            |act: &&super::Act| act.content["users"][&people.creator] != 100 && act.content["users"].is_object();
        assert!(!acts.iter().any(|act| own_powers(&act)), "the creator keeps all powers");
        Ok(())
    }
}

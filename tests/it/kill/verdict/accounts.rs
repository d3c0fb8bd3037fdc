//! Rooms, account data, users and devices that were acknowledged, against what is there.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::Judge;
use crate::client::encode;
use crate::kill::history::History;
use crate::kill::ledger::{Breach, Fact};
use crate::user::{PASSWORD, login};

/// The state that every room which was made must have, whenever the server died meanwhile.
const WHOLE_ROOM: [&str; 6] =
    ["m.room.create", "m.room.member", "m.room.power_levels", "m.room.join_rules", "m.room.name", "m.room.topic"];

impl Judge<'_> {
    /// Rooms: each that was acknowledged is there, none more often than it was tried, and all are whole.
    pub(super) async fn rooms(&self, facts: &[Fact]) {
        for (number, writer) in self.cast.writers.iter().enumerate() {
            let joined = writer.get("/joined_rooms").await.ok();
            let joined = joined["joined_rooms"].as_array().unwrap().iter().filter_map(Value::as_str);
            let common =
                |room: &&str| self.cast.rooms.iter().chain([&self.cast.revolving_door]).any(|known| known == room);
            let mut names: HashMap<String, u64> = HashMap::new();
            let mut there = HashSet::new();
            for room in joined.filter(|room| !common(room)) {
                there.insert(room.to_owned());
                let state = writer.get(&format!("/rooms/{}/state", encode(room))).await.ok();
                let state = state.as_array().unwrap();
                for kind in WHOLE_ROOM {
                    if !state.iter().any(|event| event["type"] == kind) {
                        self.breach(Breach::Inconsistent(format!("{room} of writer {number} has no {kind}")));
                    }
                }
                let name = state.iter().find_map(|event| event["content"]["name"].as_str()).unwrap_or_default();
                *names.entry(name.to_owned()).or_default() += 1;
            }
            for fact in facts {
                let Fact::Room { writer, room, name, tries } = fact else { continue };
                if *writer == number && !there.contains(room) {
                    self.breach(Breach::Lost(format!("the room {name:?} ({room}) is gone")));
                } else if *writer == number && names.get(name).is_some_and(|count| count > tries) {
                    self.breach(Breach::Twice(format!("{name:?} was made more often than in {tries} tries")));
                }
            }
        }
    }

    /// Account data is what was set last.
    pub(super) async fn data(&self, facts: &[Fact]) {
        let mut newest: BTreeMap<(usize, &str), u64> = BTreeMap::new();
        for fact in facts {
            if let Fact::Data { writer, kind, value } = fact {
                newest.insert((*writer, kind), *value);
            }
        }
        for ((number, kind), value) in newest {
            let user = &self.cast.writers[number];
            let found = user.get(&format!("/user/{}/account_data/{kind}", encode(&user.id))).await;
            if found.json["value"] != value {
                let text = format!("{kind} of writer {number} should be {value}: {}", found.text);
                self.breach(Breach::Lost(text));
            }
        }
    }

    /// Users can log in and are where they were, devices are logged in or out, writers inside or outside.
    pub(super) async fn people(&self, facts: &[Fact], histories: &HashMap<String, History>) {
        let mut doors: BTreeMap<usize, &str> = BTreeMap::new();
        for fact in facts {
            match fact {
                Fact::Person { name, room } => {
                    let reply = login(self.client, name, PASSWORD).await;
                    let joined = histories[room].events.iter().any(|event| {
                        event["state_key"].as_str().is_some_and(|key| key.starts_with(&format!("@{name}:")))
                            && event["content"]["membership"] == "join"
                    });
                    if reply.status != 200 || !joined {
                        self.breach(Breach::Lost(format!("{name} (login: {}, joined: {joined})", reply.text)));
                    }
                }
                Fact::LoggedIn { token } | Fact::LoggedOut { token } => {
                    let status = self.client.with_token(token).get("/account/whoami").await.status;
                    let expected = if matches!(fact, Fact::LoggedIn { .. }) { 200 } else { 401 };
                    if status != expected {
                        self.breach(Breach::Lost(format!("a device is answered {status} instead of {expected}")));
                    }
                }
                Fact::Membership { writer, membership, .. } => {
                    doors.insert(*writer, *membership);
                }
                _ => {}
            }
        }
        for (number, membership) in doors {
            let joined = self.cast.writers[number].get("/joined_rooms").await.ok();
            let inside =
                joined["joined_rooms"].as_array().unwrap().iter().any(|room| *room == self.cast.revolving_door);
            if inside != (membership == "join") {
                self.breach(Breach::Lost(format!("writer {number} should be {membership}, but inside is {inside}")));
            }
        }
    }
}

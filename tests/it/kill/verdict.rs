//! What is there at the end, against what was acknowledged.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::history::{History, State, id, state_of};
use super::ledger::{Breach, Fact, Ledger};
use super::setup::Cast;
use crate::client::{Client, encode};
use crate::user::login;

/// The state that every room which was made must have, whenever the server died meanwhile.
const WHOLE_ROOM: [&str; 6] =
    ["m.room.create", "m.room.member", "m.room.power_levels", "m.room.join_rules", "m.room.name", "m.room.topic"];

/// The entries of one state that the other does not have.
fn differing<'a>(one: &'a State, other: &State) -> Vec<(&'a (String, String), &'a String)> {
    one.iter().filter(|(key, event)| other.get(*key) != Some(*event)).collect()
}

/// Judges a run that is over.
pub struct Judge<'a> {
    /// What was acknowledged.
    pub ledger: &'a Ledger,
    /// Who was there.
    pub cast: &'a Cast,
    /// Somebody without a token.
    pub client: &'a Client,
}

impl Judge<'_> {
    /// Looks at everything, and notes every breach.
    pub async fn judge(&self, followed: &[HashMap<String, Vec<String>>], before: &HashMap<String, usize>) {
        if !self.sessions().await {
            return;
        }
        let mut histories = HashMap::new();
        for room in &self.cast.rooms {
            let history = match self.history(room).await {
                Ok(history) => history,
                Err(reason) => return self.breach(Breach::Lost(format!("the history of {room}: {reason}"))),
            };
            self.state(&history).await;
            histories.insert(room.clone(), history);
        }
        for (follower, seen) in followed.iter().enumerate() {
            for room in &self.cast.rooms {
                let (history, seen) = (&histories[room], seen.get(room).map_or(&[][..], Vec::as_slice));
                self.followed(follower, history, before[room], seen);
            }
        }
        let facts = self.ledger.facts();
        self.messages(&facts, &histories);
        self.own_states(&facts, &histories);
        self.rooms(&facts).await;
        self.data(&facts).await;
        self.people(&facts, &histories).await;
    }

    fn breach(&self, breach: Breach) {
        self.ledger.breach(breach);
    }

    /// Whether the sessions from before the first death are still good.
    async fn sessions(&self) -> bool {
        for user in self.cast.writers.iter().chain(&self.cast.followers) {
            let reply = user.get("/account/whoami").await;
            if reply.status != 200 {
                self.breach(Breach::Lost(format!("the session of {}: {}", user.id, reply.text)));
                return false;
            }
        }
        true
    }

    /// The history of a room, which must be the same both ways, and hold nothing twice.
    async fn history(&self, room: &str) -> Result<History, String> {
        let reader = &self.cast.writers[0];
        let (forwards, backwards) = (History::read(reader, room, "f").await?, History::read(reader, room, "b").await?);
        if forwards.ids() != backwards.ids() {
            let (one, other) = (forwards.events.len(), backwards.events.len());
            self.breach(Breach::Disordered(format!("{room}: {one} events forwards, {other} backwards, not the same")));
        }
        let mut known = HashSet::new();
        for event in forwards.ids().into_iter().filter(|event| !known.insert(*event)) {
            self.breach(Breach::Twice(format!("{event} stands twice in the history of {room}")));
        }
        Ok(forwards)
    }

    /// The current state must be what replaying the history says.
    async fn state(&self, history: &History) {
        let room = &history.room;
        let events = self.cast.writers[0].get(&format!("/rooms/{}/state", encode(room))).await.ok();
        let state = state_of(events.as_array().unwrap());
        let replayed = history.replayed();
        if state != replayed {
            let (current, replayed) = (differing(&state, &replayed), differing(&replayed, &state));
            self.breach(Breach::Inconsistent(format!("state of {room}: {current:?}; replayed: {replayed:?}")));
        }
    }

    /// What a follower got must be the history since it began.
    fn followed(&self, follower: usize, history: &History, before: usize, seen: &[String]) {
        let there: Vec<&str> = history.ids().into_iter().skip(before).collect();
        if there == seen {
            return;
        }
        let known: HashSet<&str> = seen.iter().map(String::as_str).collect();
        let missed: Vec<&&str> = there.iter().filter(|event| !known.contains(**event)).take(5).collect();
        let real: HashSet<&str> = there.iter().copied().collect();
        let vanished: Vec<&String> = seen.iter().filter(|event| !real.contains(event.as_str())).take(5).collect();
        let text = format!("follower {follower} in {}: missed {missed:?}, saw what is not there {vanished:?}", history.room);
        self.breach(match (missed.is_empty(), vanished.is_empty()) {
            (_, false) => Breach::Lost(text),
            (false, true) => Breach::Inconsistent(text),
            (true, true) => Breach::Disordered(text),
        });
    }

    /// Each message once, where and as it was acknowledged, and those of one writer in its order.
    fn messages(&self, facts: &[Fact], histories: &HashMap<String, History>) {
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
        let redacted: HashSet<&str> = facts.iter().filter_map(|fact| match fact {
            Fact::Redacted { event, .. } => Some(event.as_str()),
            _ => None,
        }).collect();
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
    fn own_states(&self, facts: &[Fact], histories: &HashMap<String, History>) {
        let mut newest: HashMap<(usize, &str), u64> = HashMap::new();
        for fact in facts {
            let Fact::State { writer, room, value, event, tries } = fact else { continue };
            newest.insert((*writer, room), *value);
            let history = &histories[room];
            let of_value = |known: &&Value| {
                known["type"] == "org.example.kill"
                    && known["state_key"] == writer.to_string()
                    && known["content"]["value"] == *value
            };
            let found = history.events.iter().filter(of_value).count() as u64;
            if history.place(event).is_none() || found == 0 {
                self.breach(Breach::Lost(format!("state {value} of writer {writer} ({event}) in {room} is gone")));
            } else if found > *tries {
                self.breach(Breach::Twice(format!("state {value} of writer {writer}: {found} events for {tries} tries")));
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

    /// Rooms: each that was acknowledged is there, none more often than it was tried, and all are whole.
    async fn rooms(&self, facts: &[Fact]) {
        for (number, writer) in self.cast.writers.iter().enumerate() {
            let joined = writer.get("/joined_rooms").await.ok();
            let joined = joined["joined_rooms"].as_array().unwrap().iter().filter_map(Value::as_str);
            let common = |room: &&str| self.cast.rooms.iter().chain([&self.cast.revolving_door]).any(|known| known == room);
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
    async fn data(&self, facts: &[Fact]) {
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
    async fn people(&self, facts: &[Fact], histories: &HashMap<String, History>) {
        let mut doors: BTreeMap<usize, &str> = BTreeMap::new();
        for fact in facts {
            match fact {
                Fact::Person { name, room } => {
                    let reply = login(self.client, name, crate::user::PASSWORD).await;
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
            let inside = joined["joined_rooms"].as_array().unwrap().iter().any(|room| *room == self.cast.revolving_door);
            if inside != (membership == "join") {
                self.breach(Breach::Lost(format!("writer {number} should be {membership}, but inside is {inside}")));
            }
        }
    }
}

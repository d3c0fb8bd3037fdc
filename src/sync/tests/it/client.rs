//! A client that keeps what it is told.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use accounts::Session;
use ruma::RoomId;
use serde_json::{Value, json};
use sync::StateForm;

use crate::world::{Ask, World};

/// A state: (type, state key) to event id.
pub type State = BTreeMap<(String, String), String>;

pub struct Client<'w> {
    pub world: &'w World,
    pub session: Arc<Session>,
    pub since: Option<String>,
    pub filter: Option<Value>,
    pub form: StateForm,
    /// The states of the rooms that the client takes for joined.
    pub joined: BTreeMap<String, State>,
    pub invited: BTreeMap<String, Vec<Value>>,
}

impl<'w> Client<'w> {
    pub fn new(world: &'w World, session: Arc<Session>) -> Self {
        Self {
            world,
            session,
            since: None,
            filter: None,
            form: StateForm::Before,
            joined: BTreeMap::new(),
            invited: BTreeMap::new(),
        }
    }

    /// The same user on the same device, who knows nothing.
    pub fn fresh(&self) -> Self {
        Self { filter: self.filter.clone(), form: self.form, ..Self::new(self.world, self.session.clone()) }
    }

    /// Asks for what is new.
    pub async fn sync(&mut self) -> Value {
        self.sync_for(Duration::ZERO).await
    }

    pub async fn sync_for(&mut self, timeout: Duration) -> Value {
        let ask = Ask { timeout, ..self.ask() };
        let answer = self.world.sync(&self.session, ask).await.unwrap();
        self.take(&answer);
        answer
    }

    pub fn ask(&self) -> Ask {
        Ask { since: self.since.clone(), filter: self.filter.clone(), form: self.form, ..Ask::default() }
    }

    /// Takes an answer as the specification says that clients do.
    pub fn take(&mut self, answer: &Value) {
        self.since = Some(answer["next_batch"].as_str().unwrap().to_owned());
        for (room, told) in sections(answer, "join") {
            self.invited.remove(room);
            let state = self.joined.entry(room.clone()).or_default();
            let after = match self.form {
                StateForm::Before => None,
                StateForm::After => Some("state_after"),
                StateForm::AfterUnstable => Some("org.matrix.msc4222.state_after"),
            };
            match after {
                Some(name) => {
                    assert!(told.get("state").is_none());
                    apply(state, &told[name]["events"]);
                }
                None => {
                    apply(state, &told["state"]["events"]);
                    apply(state, &told["timeline"]["events"]);
                }
            }
        }
        for (room, told) in sections(answer, "invite") {
            self.joined.remove(room);
            self.invited.insert(room.clone(), told["invite_state"]["events"].as_array().unwrap().clone());
        }
        for (room, _) in sections(answer, "leave") {
            self.joined.remove(room);
            self.invited.remove(room);
        }
    }
}

/// The answer that tells nothing but how many keys the device has.
pub fn nothing(next_batch: &Value) -> Value {
    json!({
        "next_batch": next_batch,
        "device_one_time_keys_count": { "signed_curve25519": 0 },
        "device_unused_fallback_key_types": [],
    })
}

fn sections<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    answer["rooms"][name].as_object().into_iter().flatten()
}

fn apply(state: &mut State, events: &Value) {
    for event in events.as_array().expect("a section has events") {
        if let Some(key) = event["state_key"].as_str() {
            let key = (event["type"].as_str().unwrap().to_owned(), key.to_owned());
            state.insert(key, event["event_id"].as_str().unwrap().to_owned());
        }
    }
}

/// A joined room of an answer.
pub fn joined<'a>(answer: &'a Value, room: &RoomId) -> &'a Value {
    &answer["rooms"]["join"][room.as_str()]
}

/// A room of an answer that was left.
pub fn left<'a>(answer: &'a Value, room: &RoomId) -> &'a Value {
    &answer["rooms"]["leave"][room.as_str()]
}

/// What was said in the timeline of a room.
pub fn bodies(room: &Value) -> Vec<&str> {
    let events = room["timeline"]["events"].as_array().into_iter().flatten();
    events.filter_map(|event| event["content"]["body"].as_str()).collect()
}

/// The types of the events of a section, members with their state key.
pub fn types(section: &Value) -> Vec<String> {
    let name = |event: &Value| match event["type"].as_str().unwrap() {
        "m.room.member" => format!("member {}", event["state_key"].as_str().unwrap().trim_end_matches(":test")),
        other => other.to_owned(),
    };
    let mut types: Vec<String> = section["events"].as_array().into_iter().flatten().map(name).collect();
    types.sort();
    types
}

/// A filter with a timeline of so many events.
pub fn limit(events: usize) -> Option<Value> {
    Some(json!({ "room": { "timeline": { "limit": events } } }))
}

//! The whole history of a room, read both ways.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::client::{Client, encode};

/// The event of each type and key.
pub type State = BTreeMap<(String, String), String>;

/// All events of a room, oldest first.
pub struct History {
    /// The room.
    pub room: String,
    /// Its events.
    pub events: Vec<Value>,
}

impl History {
    /// Reads it in one direction: "b" from the newest or "f" from the oldest. The error is an answer that is none.
    pub async fn read(client: &Client, room: &str, direction: &str) -> Result<Self, String> {
        let mut events = Vec::new();
        let mut from = String::new();
        loop {
            let path = format!("/rooms/{}/messages?dir={direction}&limit=100{from}", encode(room));
            let reply = client.get(&path).await;
            let page = &reply.json;
            let Some(chunk) = page["chunk"].as_array() else { return Err(reply.text) };
            events.extend(chunk.iter().cloned());
            match page["end"].as_str() {
                Some(end) => from = format!("&from={}", encode(end)),
                None => break,
            }
        }
        if direction == "b" {
            events.reverse();
        }
        Ok(Self { room: room.to_owned(), events })
    }

    /// The ids, oldest first.
    pub fn ids(&self) -> Vec<&str> {
        self.events.iter().map(id).collect()
    }

    /// The state that the events amount to: the event of each type and key.
    pub fn replayed(&self) -> State {
        state_of(&self.events)
    }

    /// Where an event stands.
    pub fn place(&self, event: &str) -> Option<usize> {
        self.events.iter().position(|known| id(known) == event)
    }
}

/// The last event of each type and key.
pub fn state_of(events: &[Value]) -> State {
    let text = |event: &Value, key: &str| event[key].as_str().map(str::to_owned);
    let states = events.iter().filter_map(|event| {
        let key = (text(event, "type")?, text(event, "state_key")?);
        Some((key, id(event).to_owned()))
    });
    states.collect()
}

/// The event's id.
pub fn id(event: &Value) -> &str {
    event["event_id"].as_str().unwrap_or_default()
}

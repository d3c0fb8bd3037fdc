//! A room of server a, and what it tells the servers b and c of it.

mod auth_chains;
mod closed;
mod history;
mod spaces;
mod states;
mod visibility;

use ruma::{EventId, OwnedEventId, ServerName, server_name};
use serde_json::{Value, value::RawValue};

use crate::receive::tests::{
    model::{Model, member},
    world::World,
};

/// The server of bob.
pub fn b() -> &'static ServerName {
    server_name!("b")
}

/// The ids of these events of the model.
pub fn ids(model: &Model, events: impl IntoIterator<Item = usize>) -> Vec<OwnedEventId> {
    events.into_iter().map(|index| model.id(index).to_owned()).collect()
}

/// The index in the model of each event that was told.
pub fn told(model: &Model, events: &[Box<RawValue>]) -> Vec<usize> {
    let index = |event: &RawValue| {
        let found = model.events.iter().position(|known| {
            let mut told: Value = serde_json::from_str(event.get()).unwrap();
            let mut whole: Value = serde_json::from_str(known.event.json()).unwrap();
            // A redacted event is the same one.
            told["content"] = Value::Null;
            whole["content"] = Value::Null;
            told["hashes"] == whole["hashes"] && told["signatures"] == whole["signatures"]
        });
        found.unwrap()
    };
    events.iter().map(|event| index(event)).collect()
}

/// A room in which bob has joined as the last event.
pub fn with_bob(version: ruma::RoomVersionId) -> (Model, usize) {
    let mut model = Model::new(version);
    let bob = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    (model, bob)
}

/// The body of a message as server b is told it by `/event`; none if it was redacted.
pub async fn body(world: &World, id: &EventId) -> Option<String> {
    let event = world.rooms.event_for_server(b(), id).await.unwrap();
    let event: Value = serde_json::from_str(event.get()).unwrap();
    event["content"]["body"].as_str().map(str::to_owned)
}

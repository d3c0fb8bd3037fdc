//! Rooms that begin at the scripted peer.

use serde_json::{Value, json};

use crate::events::{event_id, finish};
use crate::failure::Failure;
use crate::keys::Identity;
use crate::room::Room;

/// A room of a version whose creator has joined, with power levels, a join rule and shared history.
pub fn founded(by: &Identity, creator: &str, version: u8, join_rule: &str) -> Result<Room, Failure> {
    founded_with(by, creator, version, json!({ "join_rule": join_rule }))
}

/// The same with the whole content of the join rules.
pub fn founded_with(by: &Identity, creator: &str, version: u8, join_rules: Value) -> Result<Room, Failure> {
    let mut content = json!({ "room_version": version.to_string() });
    if version < 11 {
        content["creator"] = json!(creator);
    }
    // Without something of its own, two rooms of version 12 made in the same millisecond would be one.
    content["org.example.nonce"] = json!(crate::nonce());
    let mut room = Room::new(&format!("!{}:{}", crate::nonce(), by.name), version);
    let create = finish(room.draft(creator, "m.room.create", Some(""), content), version, by);
    if version >= 12 {
        room.id = event_id(&create.pdu, version).replacen('$', "!", 1);
    }
    room.add(&create);
    let users = if version >= 12 { json!({}) } else { json!({ creator: 100 }) };
    let first = [
        ("m.room.member", creator, json!({ "membership": "join" })),
        ("m.room.power_levels", "", json!({ "users": users, "state_default": 50, "events_default": 0, "invite": 0 })),
        ("m.room.join_rules", "", join_rules),
        ("m.room.history_visibility", "", json!({ "history_visibility": "shared" })),
    ];
    for (kind, key, content) in first {
        room.add(&finish(room.draft(creator, kind, Some(key), content), version, by));
    }
    Ok(room)
}

//! The events of a transaction by their rooms.

use ruma::{OwnedRoomId, ServerName};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What must be known of an event before anything else. A create event of room version 12 names no room; it comes by
/// joining and in no transaction.
#[derive(Deserialize)]
struct Header {
    room_id: OwnedRoomId,
}

/// The rooms in the order in which they first appear, each with its events in theirs. What names no room is dropped.
pub(crate) fn sorted(origin: &ServerName, pdus: Vec<Box<RawValue>>) -> Vec<(OwnedRoomId, Vec<Box<RawValue>>)> {
    let mut rooms: Vec<(OwnedRoomId, Vec<Box<RawValue>>)> = Vec::new();
    for pdu in pdus {
        let Ok(Header { room_id }) = serde_json::from_str(pdu.get()) else {
            tracing::info!(%origin, "dropped an event that names no room");
            continue;
        };
        match rooms.iter_mut().find(|(room, _)| *room == room_id) {
            Some((_, of_room)) => of_room.push(pdu),
            None => rooms.push((room_id, vec![pdu])),
        }
    }
    rooms
}

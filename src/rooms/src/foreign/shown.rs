//! What is shown of a room to who is invited or knocks, as other servers get it: whole events (MSC4311).

use ruma::{RoomId, UserId};
use serde_json::value::RawValue;
use store::{Conn, rooms::current_event};

use crate::{Error, Result, Rooms};

/// The types of state by which somebody outside learns what room it is (client-server § Stripped state).
pub(super) const SHOWN: [&str; 7] = [
    "m.room.create",
    "m.room.join_rules",
    "m.room.canonical_alias",
    "m.room.avatar",
    "m.room.encryption",
    "m.room.name",
    "m.room.topic",
];

impl Rooms {
    /// The events by which a server that is not in the room is shown what room it is; with the membership of who invites.
    pub(super) async fn shown_state(&self, room: i64, inviter: Option<&UserId>) -> Result<Vec<Box<RawValue>>> {
        let inviter = inviter.map(ToString::to_string);
        self.reading(move |_, conn| {
            let mut events = Vec::with_capacity(SHOWN.len() + 1);
            for event_type in SHOWN {
                events.extend(text_of(conn, room, event_type, "")?);
            }
            if let Some(inviter) = inviter {
                events.extend(text_of(conn, room, "m.room.member", &inviter)?);
            }
            Ok(events)
        })
        .await
    }

    /// What is shown of a room to a server one of whose users knocks at it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a room that is not here.
    pub async fn knock_state(&self, room_id: &RoomId) -> Result<Vec<Box<RawValue>>> {
        let room = self.resident_room(room_id).await?;
        self.shown_state(room.nid, None).await
    }
}

fn text_of(conn: &mut Conn, room: i64, event_type: &str, state_key: &str) -> Result<Option<Box<RawValue>>> {
    let Some(event) = current_event(conn, room, event_type, state_key)? else { return Ok(None) };
    let text = RawValue::from_string(event.json.clone());
    text.map(Some).map_err(|error| Error::Internal(format!("stored event: {error}")))
}

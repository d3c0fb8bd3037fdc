//! `GET /rooms/{roomId}/state` and `GET /rooms/{roomId}/state/{eventType}/{stateKey}`.

use ruma::RoomId;
use serde_json::value::RawValue;
use store::{
    rooms::StoredEvent,
    state::{NodeReader, entries, get},
};

use super::{
    client_form::Related,
    content,
    reader::{Reader, Sight},
};
use crate::{Error, Result, Rooms};

impl Rooms {
    /// The state of a room: the current one, or for who has left that in which they left.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the reader may see nothing of the room.
    pub async fn state(&self, reader: &Reader, room_id: &RoomId) -> Result<Vec<Box<RawValue>>> {
        self.reading_room(reader, room_id, |sight| {
            let root = sight.viewer.state_root(&sight.room);
            let state = state_events(sight, root)?;
            sight.write_state(&state)
        })
        .await
    }

    /// One event of that state, `whole` or only its content.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the reader may see nothing of the room, [`Error::NotFound`] where the state has no
    /// such key.
    pub async fn state_event(
        &self,
        reader: &Reader,
        room_id: &RoomId,
        event_type: &str,
        state_key: &str,
        whole: bool,
    ) -> Result<Box<RawValue>> {
        let (event_type, state_key) = (event_type.to_owned(), state_key.to_owned());
        self.reading_room(reader, room_id, move |sight| {
            let event = held(sight, &event_type, &state_key)?
                .ok_or_else(|| Error::NotFound("the room has no state of this type and key".into()))?;
            if whole {
                let related = Related::load(sight.conn, sight.rooms.events(), [&event])?;
                return sight.with_form(|form| related.write(&event, None, form));
            }
            content::raw(&event)
                .map(ToOwned::to_owned)
                .ok_or_else(|| Error::Internal("an event without content".into()))
        })
        .await
    }
}

/// All events of a state, the oldest first.
pub(super) fn state_events(sight: &mut Sight<'_>, root: i64) -> Result<Vec<StoredEvent>> {
    let held = entries(&mut NodeReader::new(sight.conn, sight.rooms.nodes()), root)?;
    let nids: Vec<i64> = held.into_iter().map(|(_, event)| event).collect();
    let mut events = sight.rooms.events().stored(sight.conn, &nids)?;
    events.sort_unstable_by_key(|event| (event.depth, event.position));
    Ok(events)
}

/// The event that holds a key of the newest state that the reader may see.
fn held(sight: &mut Sight<'_>, event_type: &str, state_key: &str) -> Result<Option<StoredEvent>> {
    let Some(key) = sight.rooms.state_key(sight.conn, event_type, state_key)? else { return Ok(None) };
    let root = sight.viewer.state_root(&sight.room);
    match get(&mut NodeReader::new(sight.conn, sight.rooms.nodes()), root, key)? {
        Some(event) => Ok(Some(sight.rooms.events().one(sight.conn, event)?)),
        None => Ok(None),
    }
}

//! `GET /rooms/{roomId}/event/{eventId}`.

use ruma::{EventId, RoomId};
use serde_json::value::RawValue;
use store::rooms::event_by_id;

use super::{
    reader::{Reader, Sight},
    visibility::{Seen, visible},
};
use crate::{Error, Result, Rooms};

impl Rooms {
    /// One event, if the reader may see it.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such event for the reader, for whatever reason.
    pub async fn event(&self, reader: &Reader, room_id: &RoomId, event_id: &EventId) -> Result<Box<RawValue>> {
        let event_id = event_id.to_owned();
        let read = self.reading_room(reader, room_id, move |sight| {
            let seen = find_visible(sight, &event_id)?;
            sight.write_one(&seen)
        });
        match read.await {
            Err(Error::Forbidden(_)) => Err(not_found()),
            outcome => outcome,
        }
    }
}

/// The event of this id, if the reader may see it.
pub(super) fn find_visible(sight: &mut Sight<'_>, event_id: &EventId) -> Result<Seen> {
    let event = event_by_id(sight.conn, sight.room.nid, event_id.as_str())?.ok_or_else(not_found)?;
    let mut seen = visible(sight.conn, sight.rooms, &sight.viewer, &sight.reader.ignored, vec![event])?;
    seen.pop().ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::NotFound("there is no such event, or you may not see it".into())
}

//! `GET /rooms/{roomId}/timestamp_to_event` (MSC3030).

use ruma::{OwnedEventId, RoomId};
use store::rooms::events_near;

use super::{
    reader::{Reader, Sight},
    visibility::visible,
};
use crate::{Error, Result, Rooms, event_id};

/// How many events next to the time are looked at, first and then at most.
const LOOKS: [i64; 2] = [20, 1_000];

impl Rooms {
    /// The event closest to a time (milliseconds since 1970) that the reader may see: the first one not before it, or
    /// with `backward` the last one not after it, and its own time.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the reader may see nothing of the room, [`Error::NotFound`] where there is no such
    /// event.
    pub async fn timestamp_to_event(
        &self,
        reader: &Reader,
        room_id: &RoomId,
        ts: i64,
        backward: bool,
    ) -> Result<(OwnedEventId, i64)> {
        self.reading_room(reader, room_id, move |sight| closest(sight, ts, backward)).await
    }
}

fn closest(sight: &mut Sight<'_>, ts: i64, backward: bool) -> Result<(OwnedEventId, i64)> {
    for look in LOOKS {
        let nids = events_near(sight.conn, sight.room.nid, ts, backward, look)?;
        let events = sight.rooms.events().stored(sight.conn, &nids)?;
        let seen = visible(sight.conn, sight.rooms, &sight.viewer, &sight.reader.ignored, events)?;
        if let Some(closest) = seen.first() {
            return Ok((event_id(&closest.event.event_id)?, closest.event.origin_server_ts));
        }
    }
    let direction = if backward { "backward" } else { "forward" };
    Err(Error::NotFound(format!("there is no event from {ts} in {direction} direction")))
}

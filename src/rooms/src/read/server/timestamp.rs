//! `GET /_matrix/federation/v1/timestamp_to_event/{roomId}`.

use ruma::{OwnedEventId, RoomId, ServerName};
use store::rooms::events_near;

use crate::{Error, Result, Rooms, event_id, read::is_for_clients};

/// How many events next to the time are looked at, first and then at most.
const LOOKS: [i64; 2] = [20, 1_000];

impl Rooms {
    /// The event closest to a time (milliseconds since 1970) that the server may see, and its own time: the first one not
    /// before it, or with `backward` the last one not after it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the server is not in the room, [`Error::NotFound`] where there is no such event.
    pub async fn timestamp_for_server(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        ts: i64,
        backward: bool,
    ) -> Result<(OwnedEventId, i64)> {
        self.serving(server, room_id, move |sight| {
            for look in LOOKS {
                let nids = events_near(sight.conn, sight.room.nid, ts, backward, look)?;
                let mut near = sight.rooms.events().stored(sight.conn, &nids)?;
                near.retain(|event| is_for_clients(event));
                let seen = sight.visible(&near)?;
                if let Some(closest) = near.iter().find(|event| seen.contains(&event.nid)) {
                    return Ok((event_id(&closest.event_id)?, closest.origin_server_ts));
                }
            }
            let direction = if backward { "backward" } else { "forward" };
            Err(Error::NotFound(format!("there is no event from {ts} in {direction} direction")))
        })
        .await
    }
}

//! `GET /_matrix/federation/v1/event/{eventId}`.

use ruma::{EventId, ServerName};
use serde_json::value::RawValue;
use store::rooms::{events_of_id, room_by_nid};

use super::ServerSight;
use crate::{Error, Result, Rooms};

impl Rooms {
    /// One event of a room that the server is in; redacted where it may not see it. The request names no room, so the
    /// room is that in which the event is stored, and nothing is said of rooms that are closed to the server.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such event for the server, for whatever reason.
    pub async fn event_for_server(&self, server: &ServerName, event_id: &EventId) -> Result<Box<RawValue>> {
        let (server, event_id) = (server.to_owned(), event_id.to_owned());
        self.reading(move |rooms, conn| {
            for event in events_of_id(conn, event_id.as_str())? {
                let Some(room) = room_by_nid(conn, event.room)? else { continue };
                match ServerSight::in_room(rooms, conn, server.clone(), room) {
                    Ok(mut sight) => return sight.write(&[event])?.pop().ok_or_else(not_found),
                    Err(Error::Forbidden(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Err(not_found())
        })
        .await
    }
}

fn not_found() -> Error {
    Error::NotFound("there is no such event in a room that your server is in".into())
}

//! `GET /_matrix/federation/v1/state/{roomId}` and `/state_ids/{roomId}`.

use ruma::{EventId, OwnedEventId, RoomId, ServerName};
use serde_json::value::RawValue;
use store::{
    rooms::{EventFlags, event_ids},
    state::{NodeReader, entries},
};

use super::{ServerSight, auth_chain};
use crate::{Error, Result, Rooms, event_id};

/// The state before an event.
#[derive(Debug)]
pub struct ServerState {
    /// Its events.
    pub state: Vec<Box<RawValue>>,
    /// Those by which they were allowed, and so on.
    pub auth_chain: Vec<Box<RawValue>>,
}

/// The same by their ids.
#[derive(Debug)]
pub struct ServerStateIds {
    /// The events of the state.
    pub state: Vec<OwnedEventId>,
    /// Those by which they were allowed, and so on.
    pub auth_chain: Vec<OwnedEventId>,
}

impl Rooms {
    /// The state of a room before an event, with its auth chain.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the server is not in the room, [`Error::NotFound`] where the room has no such event or
    /// the state there is not known, [`Error::TooLarge`].
    pub async fn state_for_server(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        event_id: &EventId,
    ) -> Result<ServerState> {
        let id = event_id.to_string();
        self.serving_much(server, room_id, move |sight| {
            let (state, auth_chain) = before(sight, id)?;
            Ok(ServerState { state: sight.whole(&state)?, auth_chain: sight.whole(&auth_chain)? })
        })
        .await
    }

    /// The same by the ids of the events.
    ///
    /// # Errors
    /// As for [`Rooms::state_for_server`].
    pub async fn state_ids_for_server(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        event: &EventId,
    ) -> Result<ServerStateIds> {
        let id = event.to_string();
        self.serving_much(server, room_id, move |sight| {
            let (state, auth_chain) = before(sight, id)?;
            let mut ids = |nids: &[i64]| -> Result<Vec<OwnedEventId>> {
                event_ids(sight.conn, nids)?.iter().map(|id| event_id(id)).collect()
            };
            Ok(ServerStateIds { state: ids(&state)?, auth_chain: ids(&auth_chain)? })
        })
        .await
    }
}

/// The numbers of the events of the state before an event, and of their auth chain.
fn before(sight: &mut ServerSight<'_>, id: String) -> Result<(Vec<i64>, Vec<i64>)> {
    let event = sight.events(std::slice::from_ref(&id))?.pop().ok_or_else(|| super::no_such_event(&id))?;
    if EventFlags(event.flags).has(EventFlags::OUTLIER) {
        return Err(Error::NotFound("this server does not know the state at the event".into()));
    }
    let state = entries(&mut NodeReader::new(sight.conn, sight.rooms.nodes()), event.state_before)?;
    let state: Vec<i64> = state.into_iter().map(|(_, event)| event).collect();
    let auth_chain = auth_chain(sight.conn, &sight.room, &state)?;
    Ok((state, auth_chain))
}

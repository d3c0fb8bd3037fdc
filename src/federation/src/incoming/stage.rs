//! What cannot be judged yet is written down before its sender is answered, and worked off by the room's queue.

use events::VerifiedPdu;
use ruma::{RoomId, ServerName};
use store::federation::staged::{self, Most, StagedRow};

use crate::{Result, incoming::Incoming};

/// How many events may wait; each may have 64 KB. Of what is more the room hears by and by, from events that build on it.
const MOST: Most = Most { room: 1_000, share: 300, origin: 2_000, all: 20_000 };

/// From so many on no more of servers that are not in the room: anybody can make up such servers, and events that wait for
/// ever. What is left is for the others.
const MOST_FROM_OUTSIDE: Most = Most { room: 100, share: 100, origin: 100, all: 5_000 };

impl Incoming {
    /// Has an event wait. It is durable when this returns, or there is a reason for its sender why it is not.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn stage(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        pdu: &VerifiedPdu,
    ) -> Result<Result<(), String>> {
        let row = StagedRow {
            number: 0,
            room_id: room_id.to_string(),
            event_id: pdu.event_id().to_string(),
            origin: origin.to_string(),
            json: pdu.json().to_owned(),
        };
        let is_inside = self.rooms().server_in_room(room_id, origin).await?;
        let most = if is_inside { MOST } else { MOST_FROM_OUTSIDE };
        let added = self.rooms().store().write(move |tx| staged::add(tx, &row, most)).await?;
        if !added {
            tracing::warn!(%origin, %room_id, event_id = %pdu.event_id(), "too many events wait: this one was dropped");
            return Ok(Err("too many events wait for what they build on".to_owned()));
        }
        self.work_on(room_id);
        Ok(Ok(()))
    }
}

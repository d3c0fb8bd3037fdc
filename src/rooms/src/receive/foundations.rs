//! What a state cannot be without. Others may be unable to tell all of a state: an event in it whose server is gone, and
//! whose key nobody has, can be verified by nobody. That must not be what the rules of the room are made of, for without
//! power levels everybody may do everything.

use std::collections::HashSet;

use ruma::{OwnedEventId, RoomId};
use store::rooms::types_among;

use super::gaps::storable;
use crate::{Result, Rooms};

/// The types of state that a room keeps for ever once it has them, under an empty key.
pub(super) const FOUNDATIONS: [&str; 3] = ["m.room.create", "m.room.power_levels", "m.room.join_rules"];

impl Rooms {
    /// Whether a state lacks power levels, join rules or the beginning, although the events by which it came about have
    /// them. Both are told by the ids of events; those that are not here count as missing.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] for an unknown room.
    pub async fn lacks_foundations(
        &self,
        room_id: &RoomId,
        state: &[OwnedEventId],
        auth_chain: &[OwnedEventId],
    ) -> Result<bool> {
        let room = self.room_of(room_id, &[]).await?;
        let (state, auth_chain) = (storable(state), storable(auth_chain));
        self.reading(move |_, conn| {
            let held: HashSet<String> = types_among(conn, room, &state, &FOUNDATIONS)?.into_iter().collect();
            let known = types_among(conn, room, &auth_chain, &FOUNDATIONS)?;
            Ok(known.iter().any(|event_type| !held.contains(event_type)))
        })
        .await
    }
}

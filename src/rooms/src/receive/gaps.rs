//! Where history is missing, and what is here.

use std::collections::HashMap;

use ruma::{OwnedEventId, RoomId};
use store::rooms::{EventFlags, event_nids, events_by_nid, extremities_from_text, room_by_nid};

use crate::{Error, Result, Rooms, cache::event_id};

/// An event whose previous events are not all here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The event.
    pub event_id: OwnedEventId,
    /// Its depth.
    pub depth: i64,
    /// Those of its previous events that are not here, or as outliers only.
    pub missing: Vec<OwnedEventId>,
}

impl Rooms {
    /// Where a room's history has gaps, at this depth or less (`i64::MAX` for all of it): the deepest ones, which are the
    /// newest, first; at most a hundred.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown room.
    pub async fn gaps(&self, room_id: &RoomId, upto_depth: i64) -> Result<Vec<Gap>> {
        let room = self.room_of(room_id, &[]).await?;
        Err(Error::Internal(format!("the gaps of room {room} up to {upto_depth} are not written down yet")))
    }

    /// The events of a room after which no others are here: what the next event of ours will name as its previous events,
    /// the newest of them where there are too many.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown room.
    pub async fn forward_extremities(&self, room_id: &RoomId) -> Result<Vec<OwnedEventId>> {
        let room = self.room_of(room_id, &[]).await?;
        self.reading(move |rooms, conn| {
            let row = room_by_nid(conn, room)?.ok_or_else(|| Error::NotFound("the room has gone".into()))?;
            let events = rooms.events().stored(conn, &extremities_from_text(&row.extremities)?)?;
            events.iter().map(|event| event_id(&event.event_id)).collect()
        })
        .await
    }

    /// Which of these events a room has, and their flags: an [outlier](EventFlags::OUTLIER) is known without its place.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown room.
    pub async fn known(&self, room_id: &RoomId, ids: &[OwnedEventId]) -> Result<HashMap<OwnedEventId, EventFlags>> {
        let room = self.room_of(room_id, &[]).await?;
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        self.reading(move |_, conn| {
            let nids: Vec<i64> = event_nids(conn, room, &ids)?.into_iter().map(|(_, nid)| nid).collect();
            let events = events_by_nid(conn, &nids)?;
            events.iter().map(|event| Ok((event_id(&event.event_id)?, EventFlags(event.flags)))).collect()
        })
        .await
    }
}

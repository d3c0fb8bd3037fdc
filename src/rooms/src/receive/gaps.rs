//! Where history is missing, and what is here.

use std::collections::HashMap;

use ruma::{EventId, OwnedEventId, RoomId};
use store::{
    Conn,
    rooms::{EventFlags, event_flags, events_after, extremities_from_text, gaps, has_gaps, room_by_nid},
};

use crate::{Error, Result, Rooms, cache::event_id, lane::Building};

/// How many gaps are told at once.
const GAPS: i64 = 100;

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
        self.reading(move |_, conn| gaps_of(conn, room, upto_depth)).await
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
        let ids = storable(ids);
        self.reading(move |_, conn| {
            let known = event_flags(conn, room, &ids)?.into_iter();
            known.map(|(id, flags)| Ok((event_id(&id)?, flags))).collect()
        })
        .await
    }
}

/// The same inside a read.
pub(crate) fn gaps_of(conn: &mut Conn, room: i64, upto_depth: i64) -> Result<Vec<Gap>> {
    let found = gaps(conn, room, upto_depth, GAPS)?.into_iter();
    found.map(|(id, depth, missing)| Ok(Gap { event_id: event_id(&id)?, depth, missing: ids(&missing)? })).collect()
}

/// Ids as the database can be asked for them. No event's has a zero byte, whatever others say, and PostgreSQL knows none.
pub(super) fn storable(ids: &[OwnedEventId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).filter(|id| !id.contains('\0')).collect()
}

fn ids(texts: &[String]) -> Result<Vec<OwnedEventId>> {
    texts.iter().map(|text| event_id(text)).collect()
}

impl Building<'_> {
    /// Of an event for which others had to do without: whether any of these counts, so that it is passed already. None of
    /// all others.
    pub(super) fn is_followed(&mut self, id: &EventId) -> Result<Option<bool>> {
        let room = self.head.room.nid;
        let any = match self.head.gaps {
            Some(any) => any,
            None => has_gaps(self.nodes.conn(), room)?,
        };
        self.head.gaps = Some(any);
        if !any {
            return Ok(None);
        }
        let mut after = events_after(self.nodes.conn(), room, id.as_str())?;
        after.extend(self.append.gaps.iter().filter(|(missing, _)| missing == id.as_str()).map(|(_, event)| *event));
        if after.is_empty() {
            return Ok(None);
        }
        let new = self.append.events.iter().filter(|event| after.contains(&event.nid));
        let visible = new.into_iter().any(|event| EventFlags(event.flags).is_visible());
        let stored = self.rooms.inner.events.stored(self.nodes.conn(), &after)?;
        Ok(Some(visible || stored.iter().any(|event| EventFlags(event.flags).is_visible())))
    }

    /// Notes what is missing before the new event of this index, and that it is not missing itself any more.
    pub(super) fn note_gaps(&mut self, id: &EventId, index: usize, missing: &[OwnedEventId], was_missing: bool) {
        if was_missing {
            self.append.filled.push(id.to_string());
        }
        if let Some(nid) = self.append.events.get(index).map(|event| event.nid).filter(|_| !missing.is_empty()) {
            self.head.gaps = Some(true);
            self.append.gaps.extend(missing.iter().map(|missing| (missing.to_string(), nid)));
        }
    }
}

//! `POST /_matrix/federation/v1/get_missing_events/{roomId}`.

use std::collections::{HashMap, HashSet};

use peerbrain_core::limits::MISSING_EVENTS;
use ruma::{OwnedEventId, RoomId, ServerName};
use serde_json::value::RawValue;
use store::rooms::{EventFlags, StoredEvent};

use super::{ServerSight, pdu};
use crate::{Result, Rooms};

/// How many events are looked at: of a room full of what is not told, little is found.
const MOST_LOOKED_AT: usize = 200;

/// Which events another server misses.
#[derive(Clone, Debug)]
pub struct MissingEvents {
    /// Those it has.
    pub earliest: Vec<OwnedEventId>,
    /// Those whose past it misses.
    pub latest: Vec<OwnedEventId>,
    /// How many at most; never more than [`MISSING_EVENTS`].
    pub limit: usize,
    /// How deep they must be.
    pub min_depth: i64,
}

impl Rooms {
    /// What lies between what a server has and what it has heard of, the oldest first. Of more than it may have it gets
    /// what is nearest to the latest events. As with [`Rooms::backfill_for_server`] nothing is told that was rejected.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) where the server is not in the room.
    pub async fn missing_events_for_server(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        missing: MissingEvents,
    ) -> Result<Vec<Box<RawValue>>> {
        self.serving(server, room_id, move |sight| {
            let mut events = walk(sight, &missing)?;
            events.sort_by_key(|event| (event.depth, event.position));
            sight.write(&events)
        })
        .await
    }
}

/// Goes back through the graph, one generation after the other.
fn walk(sight: &mut ServerSight<'_>, missing: &MissingEvents) -> Result<Vec<StoredEvent>> {
    let limit = missing.limit.min(MISSING_EVENTS);
    let mut met: HashSet<String> = missing.earliest.iter().map(ToString::to_string).collect();
    let latest = missing.latest.iter().take(MOST_LOOKED_AT).map(ToString::to_string);
    let latest: Vec<String> = latest.filter(|id| met.insert(id.clone())).collect();
    let mut generation = in_order(sight, &latest)?;
    let (mut found, mut looked_at) = (Vec::new(), generation.len());
    while !generation.is_empty() && found.len() < limit && looked_at < MOST_LOOKED_AT {
        let mut before: Vec<String> = Vec::new();
        for event in &generation {
            let named = pdu::named(event)?.prev_events.into_iter().map(|id| id.into_owned());
            before.extend(named.filter(|id| met.insert(id.clone())));
        }
        generation = in_order(sight, &before)?;
        generation.retain(|event| event.depth >= missing.min_depth);
        looked_at += generation.len();
        let told = generation.iter().filter(|event| !EventFlags(event.flags).has(EventFlags::REJECTED));
        found.extend(told.take(limit - found.len()).cloned());
    }
    Ok(found)
}

/// The events of these ids that have a place in the graph, in the order of the ids.
fn in_order(sight: &mut ServerSight<'_>, ids: &[String]) -> Result<Vec<StoredEvent>> {
    let placed = |event: &StoredEvent| !EventFlags(event.flags).has(EventFlags::OUTLIER);
    let events = sight.events(ids)?.into_iter().filter(placed);
    let mut events: HashMap<String, StoredEvent> = events.map(|event| (event.event_id.clone(), event)).collect();
    Ok(ids.iter().filter_map(|id| events.remove(id)).collect())
}

//! `GET /_matrix/federation/v1/backfill/{roomId}`.

use std::collections::{BTreeMap, HashMap, HashSet};

use peerbrain_core::limits::BACKFILL_EVENTS;
use ruma::{OwnedEventId, RoomId, ServerName};
use serde_json::value::RawValue;
use store::rooms::{EventFlags, StoredEvent, Stretch, history};

use super::{ServerSight, pdu};
use crate::{Result, Rooms};

/// How many events one walk looks at: of a room full of what is not told, little is found.
const MOST_LOOKED_AT: usize = 1_000;

impl Rooms {
    /// These events and those before them, the deepest first: at most `limit`, and never more than [`BACKFILL_EVENTS`].
    /// What was rejected is passed over, and what was soft-failed is there if others name it. Ids of other rooms count
    /// as unknown ones do: not at all.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) where the server is not in the room.
    pub async fn backfill_for_server(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        from: Vec<OwnedEventId>,
        limit: usize,
    ) -> Result<Vec<Box<RawValue>>> {
        let from: Vec<String> = from.into_iter().take(BACKFILL_EVENTS).map(|id| id.to_string()).collect();
        let limit = limit.min(BACKFILL_EVENTS);
        self.serving(server, room_id, move |sight| {
            let events = walk(sight, from, limit)?;
            sight.write(&events)
        })
        .await
    }
}

/// Goes down the graph from the deepest event that is known.
fn walk(sight: &mut ServerSight<'_>, from: Vec<String>, limit: usize) -> Result<Vec<StoredEvent>> {
    let mut met: HashSet<String> = from.iter().cloned().collect();
    let mut waiting = BTreeMap::new();
    let mut near = HashMap::new();
    wait(sight, &mut near, from, &mut waiting)?;
    if let Some(((depth, _), _)) = waiting.last_key_value() {
        near = neighbours(sight, *depth, limit)?;
    }
    let mut found = Vec::new();
    for _ in 0..MOST_LOOKED_AT {
        let Some((_, event)) = waiting.pop_last().filter(|_| found.len() < limit) else { break };
        let before = pdu::named(&event)?.prev_events.into_iter().map(|id| id.into_owned());
        let before: Vec<String> = before.filter(|id| met.insert(id.clone())).collect();
        wait(sight, &mut near, before, &mut waiting)?;
        if !EventFlags(event.flags).has(EventFlags::REJECTED) {
            found.push(event);
        }
    }
    Ok(found)
}

/// Puts the events of these ids where they are met in their turn; outliers have no place in the graph.
fn wait(
    sight: &mut ServerSight<'_>,
    near: &mut HashMap<String, StoredEvent>,
    ids: Vec<String>,
    waiting: &mut BTreeMap<(i64, i64), StoredEvent>,
) -> Result<()> {
    let (here, away): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| near.contains_key(id));
    let mut events: Vec<StoredEvent> = here.iter().filter_map(|id| near.remove(id)).collect();
    if !away.is_empty() {
        events.extend(sight.events(&away)?);
    }
    events.retain(|event| !EventFlags(event.flags).has(EventFlags::OUTLIER));
    waiting.extend(events.into_iter().map(|event| ((event.depth, event.position), event)));
    Ok(())
}

/// The events of about this depth: mostly the walk meets no others, and asks for none by itself.
fn neighbours(sight: &mut ServerSight<'_>, depth: i64, limit: usize) -> Result<HashMap<String, StoredEvent>> {
    let upto = Stretch { upto: (depth, i64::MAX), ..Stretch::WHOLE };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let nids = history(sight.conn, sight.room.nid, &upto, true, limit)?;
    let events = sight.rooms.events().stored(sight.conn, &nids)?;
    Ok(events.into_iter().map(|event| (event.event_id.clone(), event)).collect())
}

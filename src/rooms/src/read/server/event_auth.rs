//! `GET /_matrix/federation/v1/event_auth/{roomId}/{eventId}`.

use std::collections::HashSet;

use ruma::{EventId, RoomId, ServerName};
use serde_json::value::RawValue;
use store::rooms::{StoredEvent, auth_chain_places};

use super::{ServerSight, auth_chain, pdu};
use crate::{Error, Result, Rooms, receive::create_id};

/// How many events without a place in the index are looked at: rejected ones that lead to each other.
const UNINDEXED: usize = 1_000;

impl Rooms {
    /// The full auth chain of an event.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the server is not in the room, [`Error::NotFound`] where the room has no such event,
    /// [`Error::TooLarge`].
    pub async fn event_auth_for_server(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        event_id: &EventId,
    ) -> Result<Vec<Box<RawValue>>> {
        let (id, create) = (event_id.to_string(), room_id.to_owned());
        self.serving_much(server, room_id, move |sight| {
            let event = sight.events(std::slice::from_ref(&id))?.pop().ok_or_else(|| super::no_such_event(&id))?;
            let create = create_id(sight.rules, &create).filter(|create| *create != id);
            let chain = chain_of(sight, event, create.map(|id| id.to_string()))?;
            sight.whole(&chain)
        })
        .await
    }
}

/// The numbers of the auth chain of one event. What it names itself is found by id, for only state that was accepted is
/// in the index.
fn chain_of(sight: &mut ServerSight<'_>, event: StoredEvent, create: Option<String>) -> Result<Vec<i64>> {
    let mut chain: HashSet<i64> = HashSet::new();
    let mut indexed: Vec<i64> = Vec::new();
    let mut named = names(&event)?;
    named.extend(create);
    let mut unindexed = 0;
    while !named.is_empty() {
        let events: Vec<StoredEvent> =
            sight.events(&named)?.into_iter().filter(|event| chain.insert(event.nid)).collect();
        let nids: Vec<i64> = events.iter().map(|event| event.nid).collect();
        let placed: HashSet<i64> = auth_chain_places(sight.conn, &nids)?.into_iter().map(|place| place.event).collect();
        indexed.extend(&placed);
        named.clear();
        for event in events.iter().filter(|event| !placed.contains(&event.nid)) {
            unindexed += 1;
            named.extend(names(event)?);
        }
        if unindexed > UNINDEXED {
            return Err(Error::TooLarge("the auth chain is too large to be told".into()));
        }
    }
    chain.extend(auth_chain(sight.conn, &sight.room, &indexed)?);
    Ok(chain.into_iter().collect())
}

fn names(event: &StoredEvent) -> Result<Vec<String>> {
    Ok(pdu::named(event)?.auth_events.into_iter().map(|id| id.into_owned()).collect())
}

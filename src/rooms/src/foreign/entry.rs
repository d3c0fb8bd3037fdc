//! What a server is told of a room that one of its users has just joined: the state before the join, and all events by
//! which that came about (server-server §joining-rooms).

use std::collections::HashSet;

use ruma::{EventId, OwnedServerName, RoomId};
use serde_json::value::RawValue;
use store::{
    Conn,
    rooms::{EventFlags, Membership, StoredEvent, event_by_id, event_nids, longest_joined, room_by_nid},
    state::{NodeReader, entries},
    sync::heroes,
};

use super::resident::servers_of;
use crate::{
    Error, Result, Rooms, parse,
    read::{server::auth_chain, store_errors_out},
    rules_of,
};

/// By how many members a room without a name is called; one of those who are looked at may be the one who joins.
const HEROES: usize = 6;

/// A room for who enters it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The state before the join, whole or without members.
    pub state: Vec<Box<RawValue>>,
    /// The events by which that came about.
    pub auth_chain: Vec<Box<RawValue>>,
    /// The servers with users in the room before the join.
    pub servers: Vec<OwnedServerName>,
}

impl Rooms {
    /// The room before an event of it, a join.
    ///
    /// * `without_members`: whether memberships may be left out, but for those by which a room without a name is called;
    ///   the events of the state are not repeated in the auth chain then.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an event that has no place in the room.
    pub async fn entry(&self, room_id: &RoomId, join: &EventId, without_members: bool) -> Result<Entry> {
        let (room, join, rooms) = (self.resident_room(room_id).await?.nid, join.to_owned(), self.clone());
        let read = move |conn: &mut Conn| {
            let event = event_by_id(conn, room, join.as_str())?;
            let event = event.filter(|event| !EventFlags(event.flags).has(EventFlags::OUTLIER));
            let event = event.ok_or_else(|| Error::NotFound("there is no such event in this room".into()))?;
            rooms.entry_before(conn, &event, without_members)
        };
        // It is large, so it is read where what is large is read.
        self.store().slow_snapshot(move |conn, _| store_errors_out(read(conn))).await?
    }

    fn entry_before(&self, conn: &mut Conn, join: &StoredEvent, without_members: bool) -> Result<Entry> {
        let held = entries(&mut NodeReader::new(conn, self.nodes()), join.state_before)?;
        let nids: Vec<i64> = held.into_iter().map(|(_, event)| event).collect();
        let mut state = self.events().stored(conn, &nids)?;
        if without_members {
            let called_by = called_by(conn, &state, join)?;
            state.retain(|event| event.event_type != "m.room.member" || called_by.contains(&event.nid));
        }
        let mut chain_of: Vec<i64> = state.iter().map(|event| event.nid).collect();
        let told: HashSet<i64> = chain_of.iter().copied().collect();
        let room = room_by_nid(conn, join.room)?.ok_or_else(|| Error::NotFound("no such room".into()))?;
        let pdu = parse(join, rules_of(&room)?)?;
        let auth_events: Vec<String> = pdu.auth_events().iter().map(ToString::to_string).collect();
        let named: Vec<i64> = event_nids(conn, join.room, &auth_events)?.into_iter().map(|(_, nid)| nid).collect();
        chain_of.extend(&named);
        let mut chain: HashSet<i64> = auth_chain(conn, &room, &chain_of)?.into_iter().collect();
        chain.extend(named);
        let chain: Vec<i64> = chain.into_iter().filter(|nid| !without_members || !told.contains(nid)).collect();
        let auth_chain = self.events().stored(conn, &chain)?;
        Ok(Entry { state: texts(state)?, auth_chain: texts(auth_chain)?, servers: servers(conn, join)? })
    }
}

/// The memberships by which the room is called where it has no name: numbers of events.
fn called_by(conn: &mut Conn, state: &[StoredEvent], join: &StoredEvent) -> Result<HashSet<i64>> {
    let named = |event: &StoredEvent| matches!(&*event.event_type, "m.room.name" | "m.room.canonical_alias");
    if state.iter().any(named) {
        return Ok(HashSet::new());
    }
    let mut found = heroes(conn, &[join.room], Membership::Join, HEROES)?;
    found.extend(heroes(conn, &[join.room], Membership::Invite, HEROES)?);
    Ok(found.into_iter().map(|(_, _, event, _)| event).collect())
}

/// The servers of the joined members, but for one that is there by the join alone.
fn servers(conn: &mut Conn, join: &StoredEvent) -> Result<Vec<OwnedServerName>> {
    let mut members = longest_joined(conn, join.room, i64::MAX)?;
    members.retain(|member| *member != join.sender);
    Ok(servers_of(&members))
}

/// The events, the oldest first.
fn texts(mut events: Vec<StoredEvent>) -> Result<Vec<Box<RawValue>>> {
    events.sort_unstable_by_key(|event| (event.depth, event.nid));
    let text = |event: StoredEvent| {
        RawValue::from_string(event.json.clone()).map_err(|error| Error::Internal(format!("stored event: {error}")))
    };
    events.into_iter().map(text).collect()
}

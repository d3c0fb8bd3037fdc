//! Only those members that matter (client-server § Lazy-loading room members).

use std::collections::BTreeSet;

use store::{
    Conn,
    rooms::{StoredEvent, state_key_nids},
    state::{NodeReader, get},
};

use crate::{Result, Rooms};

/// The `m.room.member` events of these users in the state of this root; users without one are left out.
pub fn member_events(conn: &mut Conn, rooms: &Rooms, root: i64, users: &[&str]) -> Result<Vec<StoredEvent>> {
    let keys = state_key_nids(conn, "m.room.member", users)?;
    let mut nodes = NodeReader::new(conn, rooms.nodes());
    let mut nids = Vec::with_capacity(keys.len());
    for key in keys {
        nids.extend(get(&mut nodes, root, key)?);
    }
    rooms.events().stored(conn, &nids)
}

/// Who sent these events, each once.
pub(super) fn senders<'e>(events: impl IntoIterator<Item = &'e StoredEvent>) -> Vec<&'e str> {
    let senders: BTreeSet<&str> = events.into_iter().map(|event| event.sender.as_str()).collect();
    senders.into_iter().collect()
}

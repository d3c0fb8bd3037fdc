//! What holds a key in the state at an event.

use store::{
    Conn,
    rooms::StoredEvent,
    state::{NodeReader, get},
};

use crate::{Result, Rooms};

/// The event that holds a key, by its number, in the state of this root.
pub(super) fn holder(rooms: &Rooms, conn: &mut Conn, root: i64, key: i64) -> Result<Option<StoredEvent>> {
    match get(&mut NodeReader::new(conn, rooms.nodes()), root, key)? {
        Some(event) => Ok(Some(rooms.events().one(conn, event)?)),
        None => Ok(None),
    }
}

/// The same for a key by its name. One that nobody has ever used is held by nothing.
pub(super) fn named_holder(
    rooms: &Rooms,
    conn: &mut Conn,
    root: i64,
    event_type: &str,
    state_key: &str,
) -> Result<Option<StoredEvent>> {
    match rooms.state_key(conn, event_type, state_key)? {
        Some(key) => holder(rooms, conn, root, key),
        None => Ok(None),
    }
}

//! What other servers are told of devices when one of our users comes into a room with them: they need not find out who it
//! is when the first encrypted message is to be written (server-server § Device Management).

use serde_json::Value;

use super::{announce::device_list_update, device_keys, device_list_changes};
use crate::{
    Conn, Result, Tx,
    connection::ROWS_PER_INSERT,
    federation::{outbox, room_servers},
    rooms::{Append, Appended, Membership, joined_of},
};

/// How many servers of a room are told. The others ask when they need to know.
const SERVERS: usize = 500;

/// One of ours who comes into a room.
pub(crate) struct Newcomer {
    room: i64,
    user_id: String,
}

/// Those of ours who are joined by these appends and were not before. The table of members must be as it was before.
pub(crate) fn newcomers(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<Vec<Newcomer>> {
    let mut found = Vec::new();
    for (append, _) in fresh {
        let room = append.room.nid;
        let ours = append.memberships.iter().filter(|change| change.local && change.membership == Membership::Join);
        let mut ours: Vec<String> = ours.map(|change| change.user_id.clone()).collect();
        if ours.is_empty() {
            continue;
        }
        ours.sort_unstable();
        ours.dedup();
        for ours in ours.chunks(ROWS_PER_INSERT) {
            let were = joined_of(conn, room, ours)?;
            let come = ours.iter().filter(|user| !were.contains(user));
            found.extend(come.map(|user_id| Newcomer { room, user_id: user_id.clone() }));
        }
    }
    Ok(found)
}

/// Tells the servers of a room of those who have come, where they share no other room with them: of one device, for that
/// makes a server ask for all of them. What the user changes later still follows what all others were told, so this has
/// the number of the newest change. The tables of members and servers must be as they are afterwards.
pub(crate) fn introduce(tx: &mut Tx<'_>, newcomers: &[Newcomer]) -> Result<()> {
    for Newcomer { room, user_id } in newcomers {
        let servers = room_servers::strangers_to(tx.conn(), *room, user_id, SERVERS)?;
        if servers.is_empty() {
            continue;
        }
        let Some(edu) = any_device(tx, user_id)? else { continue };
        let edu = edu.to_string();
        for server in &servers {
            outbox::push(tx, server, &edu)?;
        }
    }
    Ok(())
}

/// A device of a user, as an EDU that refers to nothing before it. None of a user without keys.
fn any_device(tx: &mut Tx<'_>, user_id: &str) -> Result<Option<Value>> {
    let Some(device_id) = device_keys::any_of(tx.conn(), user_id)? else { return Ok(None) };
    let stream_id = device_list_changes::stream_id(tx.conn(), user_id)?;
    device_list_update(tx, (user_id, &device_id), stream_id, 0).map(Some)
}

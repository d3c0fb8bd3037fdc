//! What appends leave for sending: which servers have come and gone, and the events that go out to them. An append to a
//! room in which all are ours writes nothing here.

use std::collections::{HashMap, HashSet};

use diesel::{prelude::*, upsert::excluded};

use super::room_servers::{RoomServerRow, STILL};
use crate::{
    Conn, Result,
    connection::{ROWS_PER_INSERT, both},
    rooms::{Append, Appended, Membership, MembershipChange, joined_of},
    schema::{outgoing, room_servers},
};

/// The servers of a batch of appends, and who of their users is joined.
#[derive(Default)]
struct Servers {
    joined: HashSet<(i64, String)>,
    /// Where servers are, by room and name.
    open: HashMap<(i64, String), RoomServerRow>,
    /// What is to be written, by room, name and beginning.
    changed: HashMap<(i64, String, i64), RoomServerRow>,
}

/// Notes which servers come and go with the members that do. The table of members must be as it was before.
pub(crate) fn record_servers(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    if !fresh.iter().any(|(append, _)| append.memberships.iter().any(|change| !change.local)) {
        return Ok(());
    }
    let mut servers = Servers::default();
    for (append, _) in fresh {
        servers.load(conn, append)?;
    }
    for (append, appended) in fresh {
        for change in append.memberships.iter().filter(|change| !change.local) {
            let position = appended.positions.get(change.at).copied().unwrap_or_default();
            servers.change(append.room.nid, change, position, append.outgoing.contains(&change.at));
        }
    }
    servers.write(conn)
}

/// The name of a user's server.
fn server_of(user_id: &str) -> Option<&str> {
    user_id.split_once(':').map(|(_, server)| server)
}

impl Servers {
    fn load(&mut self, conn: &mut Conn, append: &Append) -> Result<()> {
        let room = append.room.nid;
        let users: Vec<String> =
            append.memberships.iter().filter(|change| !change.local).map(|change| change.user_id.clone()).collect();
        let names: HashSet<&str> = users.iter().filter_map(|user| server_of(user)).collect();
        for users in users.chunks(ROWS_PER_INSERT) {
            self.joined.extend(joined_of(conn, room, users)?.into_iter().map(|user| (room, user)));
        }
        for names in names.into_iter().collect::<Vec<_>>().chunks(ROWS_PER_INSERT) {
            let query = room_servers::table
                .filter(room_servers::room.eq(room))
                .filter(room_servers::server.eq_any(names))
                .filter(room_servers::departed.eq(STILL));
            let rows: Vec<RoomServerRow> = query.select(RoomServerRow::as_select()).load(conn)?;
            self.open.extend(rows.into_iter().map(|row| ((room, row.server.clone()), row)));
        }
        Ok(())
    }

    /// * `sent`: whether it is upon us to tell other servers of the change.
    fn change(&mut self, room: i64, change: &MembershipChange, position: i64, sent: bool) {
        let Some(server) = server_of(&change.user_id) else { return };
        let (user, place) = ((room, change.user_id.clone()), (room, server.to_owned()));
        let is = change.membership == Membership::Join;
        let was = if is { !self.joined.insert(user) } else { self.joined.remove(&user) };
        let begun = |departed| RoomServerRow { room, server: server.to_owned(), entered: position, departed, users: 0 };
        let row = match (was, is) {
            (false, true) => {
                let row = self.open.entry(place).or_insert_with(|| begun(STILL));
                row.users += 1;
                row.clone()
            }
            (true, false) => {
                let Some(row) = self.open.get_mut(&place) else { return };
                row.users -= 1;
                if row.users <= 0 {
                    row.departed = position;
                }
                let row = row.clone();
                if row.departed != STILL {
                    self.open.remove(&place);
                }
                row
            }
            // Whoever was invited, or has knocked, must hear that nothing comes of it.
            (false, false) if sent && change.membership.is_gone() && !self.open.contains_key(&place) => begun(position),
            _ => return,
        };
        self.changed.insert((room, row.server.clone(), row.entered), row);
    }

    fn write(self, conn: &mut Conn) -> Result<()> {
        let rows: Vec<RoomServerRow> = self.changed.into_values().collect();
        for rows in rows.chunks(ROWS_PER_INSERT) {
            both!(conn, c => diesel::insert_into(room_servers::table)
                .values(rows)
                .on_conflict((room_servers::room, room_servers::server, room_servers::entered))
                .do_update()
                .set((
                    room_servers::departed.eq(excluded(room_servers::departed)),
                    room_servers::users.eq(excluded(room_servers::users)),
                ))
                .execute(c))?;
        }
        Ok(())
    }
}

/// Notes the events that are to be sent.
pub(crate) fn record_outgoing(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    let mut rows = Vec::new();
    for (append, appended) in fresh {
        for at in &append.outgoing {
            if let (Some(event), Some(position)) = (append.events.get(*at), appended.positions.get(*at)) {
                rows.push((
                    outgoing::position.eq(*position),
                    outgoing::room.eq(append.room.nid),
                    outgoing::event.eq(event.nid),
                ));
            }
        }
    }
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(conn, c => diesel::insert_into(outgoing::table).values(rows).execute(c))?;
    }
    Ok(())
}

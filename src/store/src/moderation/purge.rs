//! A room goes away: first its row, so that nobody finds it any more, then all that belongs to it, some rows at a time.
//!
//! Which tables have rows of rooms the database itself tells, so a table that is added later cannot be forgotten: those
//! with a column `room`, and those whose key is `event`. Only what is reached in other ways is named here.

use std::collections::HashSet;

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use crate::{
    Conn, Result, Tx,
    backup::catalog::{self, Table},
    moderation::departures::note_departures,
    rooms::{MemberRow, Membership, ending::ends_with, state_nodes},
    schema::{
        auth_chain_links, auth_chains, events, foreign_memberships, memberships, purged_rooms, room_aliases, rooms,
        state_nodes as nodes,
    },
    search,
    state::{EMPTY, Node},
};

/// Nodes of the state trie that go in one step.
const NODES: usize = 2_000;

/// How long it is kept that a room was deleted: seven days, in milliseconds.
const KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// What of its members of ours a room that goes away must be like.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All have left and forgotten it.
    Forgotten,
    /// None is in it but these, who could not leave.
    LeftByAllBut(Vec<String>),
}

/// What came of taking a room away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is gone, but for its rows.
    Gone,
    /// The condition does not hold (any more).
    StillThere,
    /// There is no such room.
    Unknown,
}

/// Takes a room away and notes that its rows are to be deleted.
///
/// Lanes that still know the room find its revision gone, so nothing is added to it any more. Users with ids of this
/// ending are ours.
pub fn begin(tx: &mut Tx<'_>, room: i64, ending: &str, condition: &Condition) -> Result<Begun> {
    let conn = tx.conn();
    let found: Option<String> = rooms::table.find(room).select(rooms::room_id).get_result(conn).optional()?;
    let Some(room_id) = found else { return Ok(Begun::Unknown) };
    let remember: Vec<MemberRow> = memberships::table
        .filter(memberships::room.eq(room))
        .filter(ends_with!(memberships::user_id, ending.to_owned()))
        .select(MemberRow::as_select())
        .load(conn)?
        .into_iter()
        .filter(|member: &MemberRow| is_in(member) || !member.forgotten)
        .collect();
    let holds = match condition {
        Condition::Forgotten => remember.is_empty(),
        Condition::LeftByAllBut(stuck) => remember.iter().all(|one| !is_in(one) || stuck.contains(&one.user_id)),
    };
    if !holds {
        return Ok(Begun::StillThere);
    }
    diesel::delete(foreign_memberships::table.filter(foreign_memberships::room_id.eq(&room_id))).execute(conn)?;
    let row = (purged_rooms::room.eq(room), purged_rooms::room_id.eq(&room_id));
    diesel::insert_into(purged_rooms::table).values(row).execute(conn)?;
    diesel::delete(room_aliases::table.filter(room_aliases::room.eq(room))).execute(conn)?;
    diesel::delete(rooms::table.find(room)).execute(conn)?;
    note_departures(tx, &room_id, &remember)?;
    Ok(Begun::Gone)
}

fn is_in(member: &MemberRow) -> bool {
    matches!(member.membership(), Membership::Join | Membership::Invite | Membership::Knock)
}

/// Rooms that are gone but for rows that are still to be deleted: (number, Matrix room id).
pub fn unfinished(conn: &mut Conn) -> Result<Vec<(i64, String)>> {
    let unfinished = purged_rooms::table.filter(purged_rooms::finished_at.is_null()).order(purged_rooms::room);
    Ok(unfinished.select((purged_rooms::room, purged_rooms::room_id)).load(conn)?)
}

/// Whether all of a purged room is deleted; none where no such room was purged, or long ago.
pub fn is_finished(conn: &mut Conn, room: i64) -> Result<Option<bool>> {
    let row = purged_rooms::table.find(room).select(purged_rooms::finished_at);
    Ok(row.get_result::<Option<i64>>(conn).optional()?.map(|finished| finished.is_some()))
}

/// Deletes some of what is left of a purged room, about `limit` rows; false once nothing is left.
pub fn step(tx: &mut Tx<'_>, room: i64, limit: i64, now_ms: i64) -> Result<bool> {
    let conn = tx.conn();
    if is_finished(conn, room)? != Some(false) {
        return Ok(false);
    }
    let tables = catalog::tables(conn)?;
    for table in tables.iter().filter(|table| is_of_rooms(table)) {
        if delete_of_room(conn, &table.name, room, limit)? > 0 {
            return Ok(true);
        }
    }
    if search::forget_room(conn, room, limit)? > 0 || delete_events(conn, &tables, room, limit)? {
        return Ok(true);
    }
    diesel::update(purged_rooms::table.find(room)).set(purged_rooms::finished_at.eq(now_ms)).execute(conn)?;
    diesel::delete(purged_rooms::table.filter(purged_rooms::finished_at.lt(now_ms - KEPT_MS))).execute(conn)?;
    Ok(false)
}

/// Whether rows of a table are found by the column `room`. Those of `events` and what is found by them come later.
fn is_of_rooms(table: &Table) -> bool {
    let has = |name: &str| table.columns.iter().any(|column| column.name == name);
    !matches!(&*table.name, "purged_rooms" | "log" | "events" | "auth_chains") && has("room")
}

fn delete_of_room(conn: &mut Conn, table: &str, room: i64, limit: i64) -> Result<usize> {
    let sql = match conn {
        Conn::Pg(_) => format!(
            "DELETE FROM \"{table}\" WHERE ctid = ANY (ARRAY(SELECT ctid FROM \"{table}\" WHERE room = $1 LIMIT $2))"
        ),
        Conn::Sqlite(_) => {
            let key = primary_key(conn, table)?.join(", ");
            format!("DELETE FROM \"{table}\" WHERE ({key}) IN (SELECT {key} FROM \"{table}\" WHERE room = ? LIMIT ?)")
        }
    };
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(room).bind::<BigInt, _>(limit).execute(conn)?)
}

fn primary_key(conn: &mut Conn, table: &str) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let query = diesel::sql_query("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk");
    let columns: Vec<Column> = query.bind::<Text, _>(table).load(conn)?;
    Ok(columns.into_iter().map(|column| format!("\"{}\"", column.name)).collect())
}

/// Deletes some events, what is found by them, and the states that only they have. False where none are left.
fn delete_events(conn: &mut Conn, tables: &[Table], room: i64, limit: i64) -> Result<bool> {
    let of_room = events::table.filter(events::room.eq(room)).order(events::position.asc()).limit(limit);
    let found: Vec<(i64, i64, i64)> =
        of_room.select((events::nid, events::state_before, events::state_after)).load(conn)?;
    if found.is_empty() {
        return Ok(false);
    }
    let roots = found.iter().flat_map(|(_, before, after)| [*before, *after]).collect();
    if !delete_states(conn, roots)? {
        return Ok(true);
    }
    let nids: Vec<i64> = found.into_iter().map(|(nid, ..)| nid).collect();
    let places = auth_chains::table.filter(auth_chains::event.eq_any(&nids));
    let chains: Vec<i64> = places.select(auth_chains::chain).distinct().load(conn)?;
    diesel::delete(auth_chain_links::table.filter(auth_chain_links::chain.eq_any(chains))).execute(conn)?;
    let list = nids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    for table in tables.iter().filter(|table| table.columns.first().is_some_and(|column| column.name == "event")) {
        diesel::sql_query(format!("DELETE FROM \"{}\" WHERE event IN ({list})", table.name)).execute(conn)?;
    }
    diesel::delete(events::table.filter(events::nid.eq_any(nids))).execute(conn)?;
    Ok(true)
}

/// Deletes the nodes under these roots, as many as one step may: true once none are left. A node holds numbers of events of
/// one room, so no other room has it. The deepest go first: what is left can still be reached from its root.
fn delete_states(conn: &mut Conn, roots: HashSet<i64>) -> Result<bool> {
    let mut left: Vec<i64> = roots.into_iter().filter(|root| *root != EMPTY).collect();
    let mut gone: Vec<i64> = Vec::new();
    while !left.is_empty() {
        let mut below = HashSet::new();
        for (id, data) in state_nodes(conn, &left)? {
            gone.push(id);
            if let Node::Inner(children) = Node::decode(&data)? {
                below.extend(children.into_iter().filter(|child| *child != EMPTY));
            }
        }
        left = below.into_iter().collect();
    }
    let all = gone.len() <= NODES;
    for ids in gone.rchunks(1_000).take(NODES / 1_000) {
        diesel::delete(nodes::table.filter(nodes::id.eq_any(ids))).execute(conn)?;
    }
    Ok(all)
}

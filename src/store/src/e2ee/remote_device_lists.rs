//! Users of other servers whose devices are known here, and which of their lists must be asked for.
//!
//! A list is followed as long as a room is shared with the user. It is `fresh` while nothing is missing in it; one that is
//! not is no use to anybody, but that it is followed.

use diesel::{
    dsl::{exists, not},
    prelude::*,
};

use crate::{
    Conn, Result, Tx,
    connection::{ROWS_PER_INSERT, both},
    e2ee::{CrossSigningKeyRow, cross_signing, device_list_changes, remote_devices},
    schema::{
        cross_signing_keys, device_list_pauses as pauses, remote_device_lists as lists, remote_devices as devices,
    },
};

/// A row of `remote_device_lists`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = lists, treat_none_as_default_value = false)]
pub struct RemoteListRow {
    /// Whose devices.
    pub user_id: String,
    /// The name of the user's server.
    pub server: String,
    /// The newest change that the list has, as its server counts them.
    pub stream_id: Option<i64>,
    /// Whether it is whole and true.
    pub fresh: bool,
    /// Since when it is followed, or when something was heard that it does not have.
    pub heard: i64,
    /// Since when its server is to be asked for it.
    pub wanted: Option<i64>,
}

/// A whole list, as its server tells it.
#[derive(Clone, Debug, Default)]
pub struct RemoteList {
    /// Whose.
    pub user_id: String,
    /// What [`RemoteListRow::heard`] was when it was asked for.
    pub heard: i64,
    /// The newest change that it has, where the server tells it.
    pub stream_id: Option<i64>,
    /// The devices.
    pub devices: Vec<remote_devices::RemoteDeviceRow>,
    /// The master and the self-signing key.
    pub keys: Vec<CrossSigningKeyRow>,
}

/// What is known of one list.
pub fn get(conn: &mut Conn, user_id: &str) -> Result<Option<RemoteListRow>> {
    Ok(lists::table.find(user_id).select(RemoteListRow::as_select()).first(conn).optional()?)
}

/// What is known of the lists of these users.
pub fn of_users(conn: &mut Conn, users: &[String]) -> Result<Vec<RemoteListRow>> {
    let mut found = Vec::new();
    for users in users.chunks(ROWS_PER_INSERT) {
        found.extend(lists::table.filter(lists::user_id.eq_any(users)).select(RemoteListRow::as_select()).load(conn)?);
    }
    Ok(found)
}

/// Follows the lists of these users, (user, server), from now on; those that are followed already stay as they are.
pub fn follow(tx: &mut Tx<'_>, users: &[(String, String)]) -> Result<()> {
    let heard = tx.position();
    let row = |(user_id, server): &(String, String)| RemoteListRow {
        user_id: user_id.clone(),
        server: server.clone(),
        stream_id: None,
        fresh: false,
        heard,
        wanted: None,
    };
    let rows: Vec<RemoteListRow> = users.iter().map(row).collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(tx.conn(), c =>
            diesel::insert_into(lists::table).values(rows).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Notes that something was heard that the list does not have: whatever was asked for before is out of date, and its server
/// must be asked.
pub fn outdated(tx: &mut Tx<'_>, user_id: &str, heard: i64) -> Result<()> {
    let row = lists::table.find(user_id);
    diesel::update(row).set((lists::fresh.eq(false), lists::heard.eq(heard))).execute(tx.conn())?;
    want(tx, &[user_id.to_owned()])
}

/// Has the servers of these users asked for their lists, unless those are fresh.
pub fn want(tx: &mut Tx<'_>, users: &[String]) -> Result<()> {
    let since = tx.position();
    for users in users.chunks(ROWS_PER_INSERT) {
        let stale = lists::table
            .filter(lists::user_id.eq_any(users))
            .filter(lists::fresh.eq(false))
            .filter(lists::wanted.is_null());
        diesel::update(stale).set(lists::wanted.eq(since)).execute(tx.conn())?;
    }
    Ok(())
}

/// Does not have its server asked any more, unless something was heard since.
pub fn give_up(tx: &mut Tx<'_>, user_id: &str, heard: i64) -> Result<()> {
    let row = lists::table.find(user_id).filter(lists::heard.eq(heard));
    diesel::update(row).set(lists::wanted.eq(None::<i64>)).execute(tx.conn())?;
    Ok(())
}

/// Takes a whole list, in place of what there was. False where the list is not followed any more, or something was heard
/// after it was asked for. Where it was wanted, clients may have asked in vain: they are told to ask again.
pub fn keep(tx: &mut Tx<'_>, list: &RemoteList) -> Result<bool> {
    let Some(before) = get(tx.conn(), &list.user_id)?.filter(|row| row.heard == list.heard) else { return Ok(false) };
    // Two have asked. The first answer may have been changed since, unless it was without a number.
    if before.fresh && (before.stream_id.is_some() || list.stream_id.is_none()) {
        return Ok(true);
    }
    let set = (lists::fresh.eq(true), lists::stream_id.eq(list.stream_id), lists::wanted.eq(None::<i64>));
    diesel::update(lists::table.find(&list.user_id)).set(set).execute(tx.conn())?;
    let user = std::slice::from_ref(&list.user_id);
    delete_contents(tx.conn(), user)?;
    remote_devices::insert(tx, &list.devices)?;
    for key in &list.keys {
        cross_signing::set(tx, key)?;
    }
    if before.wanted.is_some() {
        device_list_changes::note(tx, &list.user_id)?;
    }
    Ok(true)
}

/// Notes which change a fresh list has now.
pub fn advance(tx: &mut Tx<'_>, user_id: &str, stream_id: i64) -> Result<()> {
    diesel::update(lists::table.find(user_id)).set(lists::stream_id.eq(stream_id)).execute(tx.conn())?;
    Ok(())
}

/// The lists that a server is to be asked for, those that have waited for longest first.
pub fn wanted(conn: &mut Conn, server: &str, most: i64) -> Result<Vec<RemoteListRow>> {
    let query = lists::table.filter(lists::server.eq(server)).filter(lists::wanted.is_not_null());
    Ok(query.order(lists::wanted).limit(most).select(RemoteListRow::as_select()).load(conn)?)
}

/// The servers that are to be asked, without those that are let alone.
pub fn servers(conn: &mut Conn, now: i64) -> Result<Vec<String>> {
    let paused = pauses::table.filter(pauses::server.eq(lists::server)).filter(pauses::retry_at.gt(now));
    let query = lists::table.filter(lists::wanted.is_not_null()).filter(not(exists(paused)));
    Ok(query.select(lists::server).distinct().load(conn)?)
}

/// Forgets these lists.
pub(super) fn delete(conn: &mut Conn, users: &[String]) -> Result<()> {
    for users in users.chunks(ROWS_PER_INSERT) {
        delete_contents(conn, users)?;
        diesel::delete(lists::table.filter(lists::user_id.eq_any(users))).execute(conn)?;
    }
    Ok(())
}

fn delete_contents(conn: &mut Conn, users: &[String]) -> Result<()> {
    diesel::delete(devices::table.filter(devices::user_id.eq_any(users))).execute(conn)?;
    diesel::delete(cross_signing_keys::table.filter(cross_signing_keys::user_id.eq_any(users))).execute(conn)?;
    Ok(())
}

//! Account data of users, global and of single rooms.

use diesel::{
    dsl::{count_star, sum},
    prelude::*,
    sql_types::Text,
    upsert::excluded,
};

use crate::{
    Conn, LogKind, Result, Tx,
    connection::both,
    schema::{account_data, memberships, rooms},
};

diesel::define_sql_function! {
    /// Bytes of a text.
    fn octet_length(text: Text) -> Integer;
}

/// The number that stands for no room: global account data.
pub const GLOBAL: i64 = 0;

/// Global account data that says whom events notify. A change of it is logged with the row [`IS_RULES`].
pub const RULES: [&str; 3] = ["m.push_rules", "m.ignored_user_list", "m.invite_permission_config"];
/// What the log names as the row of a change of [`RULES`].
pub const IS_RULES: i64 = 1;

/// A row of `account_data`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = account_data)]
pub struct AccountDataRow {
    /// The room's number, or [`GLOBAL`].
    pub room: i64,
    /// The event type.
    pub event_type: String,
    /// The content, a JSON object.
    pub content: String,
    /// The position of the change.
    pub position: i64,
}

/// One content.
pub fn get(conn: &mut Conn, user_id: &str, room: i64, event_type: &str) -> Result<Option<String>> {
    let row = account_data::table.find((user_id, room, event_type));
    Ok(row.select(account_data::content).get_result(conn).optional()?)
}

/// What changed after `since` and up to `upto`, in order, in all rooms and globally. Since 0 is everything.
pub fn changed(conn: &mut Conn, user_id: &str, since: i64, upto: i64) -> Result<Vec<AccountDataRow>> {
    let query = account_data::table
        .filter(account_data::user_id.eq(user_id))
        .filter(account_data::position.gt(since))
        .filter(account_data::position.le(upto))
        .order(account_data::position);
    Ok(query.select(AccountDataRow::as_select()).load(conn)?)
}

/// All account data of these rooms ([`GLOBAL`] among them), up to a position.
pub fn of_rooms(conn: &mut Conn, user_id: &str, rooms: &[i64], upto: i64) -> Result<Vec<AccountDataRow>> {
    let query = account_data::table
        .filter(account_data::user_id.eq(user_id))
        .filter(account_data::room.eq_any(rooms))
        // The sums keep the databases from reading all rooms of the user along the index of positions.
        .filter((account_data::position + 0).le(upto))
        .order(account_data::position + 0);
    Ok(query.select(AccountDataRow::as_select()).load(conn)?)
}

/// How many types the user has in one room (or globally).
pub fn count(conn: &mut Conn, user_id: &str, room: i64) -> Result<i64> {
    let of_room = account_data::table.filter(account_data::user_id.eq(user_id)).filter(account_data::room.eq(room));
    Ok(of_room.select(count_star()).get_result(conn)?)
}

/// Bytes of all contents of the user, global and of all rooms.
pub fn bytes(conn: &mut Conn, user_id: &str) -> Result<i64> {
    let of_user = account_data::table.filter(account_data::user_id.eq(user_id));
    let bytes: Option<i64> = of_user.select(sum(octet_length(account_data::content))).get_result(conn)?;
    Ok(bytes.unwrap_or(0))
}

/// Sets a content, and gives the position of the change.
pub fn set(tx: &mut Tx<'_>, user_id: &str, room: i64, event_type: &str, content: &str) -> Result<i64> {
    let row = (room == GLOBAL && RULES.contains(&event_type)).then_some(IS_RULES);
    let position = tx.log(LogKind::AccountData, (room != GLOBAL).then_some(room), Some(user_id), row);
    let row = (
        account_data::user_id.eq(user_id),
        account_data::room.eq(room),
        account_data::event_type.eq(event_type),
        account_data::content.eq(content),
        account_data::position.eq(position),
    );
    both!(tx.conn(), c => diesel::insert_into(account_data::table)
        .values(row)
        .on_conflict((account_data::user_id, account_data::room, account_data::event_type))
        .do_update()
        .set((
            account_data::content.eq(excluded(account_data::content)),
            account_data::position.eq(excluded(account_data::position)),
        ))
        .execute(c))?;
    Ok(position)
}

/// The number of a room that the user has or had something to do with.
pub fn room_of_user(conn: &mut Conn, user_id: &str, room_id: &str) -> Result<Option<i64>> {
    let room: Option<i64> =
        rooms::table.filter(rooms::room_id.eq(room_id)).select(rooms::nid).get_result(conn).optional()?;
    let Some(room) = room else { return Ok(None) };
    Ok(memberships::table.find((room, user_id)).select(memberships::room).get_result(conn).optional()?)
}

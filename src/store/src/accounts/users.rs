//! Users of this server.

use std::fmt;

use diesel::prelude::*;

use crate::{
    Conn, LogKind, Result, Tx,
    connection::both,
    e2ee, presence,
    rooms::Membership,
    schema::{account_data, filters, login_tokens, memberships, openid_tokens, profiles, user_directory, users},
};

/// A row of `users`.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct UserRow {
    /// The whole Matrix id.
    pub user_id: String,
    /// The password in PHC form; none where no password opens the account.
    pub password_hash: Option<String>,
    /// When it was registered, in milliseconds since 1970.
    pub created_at: i64,
    /// Whether the user administers this server.
    pub admin: bool,
    /// Whether the account is closed for ever.
    pub deactivated: bool,
    /// Whether who joins later must not see what the user wrote.
    pub erased: bool,
    /// Whether the user is shut out for now.
    pub locked: bool,
    /// Whether the user may only read and leave.
    pub suspended: bool,
    /// Whether this is a guest, who has no password.
    pub guest: bool,
}

impl fmt::Debug for UserRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The hash has no place in any log.
        f.debug_struct("UserRow").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// The user of this id.
pub fn get(conn: &mut Conn, user_id: &str) -> Result<Option<UserRow>> {
    Ok(users::table.find(user_id).select(UserRow::as_select()).get_result(conn).optional()?)
}

/// All users after `after` in the order of their ids, at most `limit`.
pub fn list(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<UserRow>> {
    let query = users::table.filter(users::user_id.gt(after)).order(users::user_id).limit(limit);
    Ok(query.select(UserRow::as_select()).load(conn)?)
}

/// Whether anybody has registered.
pub fn any(conn: &mut Conn) -> Result<bool> {
    let one: Option<String> = users::table.select(users::user_id).limit(1).first(conn).optional()?;
    Ok(one.is_some())
}

/// Whether there is an administrator whose account is open.
pub fn any_admin(conn: &mut Conn) -> Result<bool> {
    // A deactivated one is no administrator any more.
    let admins = users::table.filter(users::admin);
    let one: Option<String> = admins.select(users::user_id).limit(1).first(conn).optional()?;
    Ok(one.is_some())
}

/// Those of these users whose writing is hidden from who joins later.
pub fn erased(conn: &mut Conn, user_ids: &[String]) -> Result<Vec<String>> {
    let query = users::table.filter(users::user_id.eq_any(user_ids)).filter(users::erased.eq(true));
    Ok(query.select(users::user_id).load(conn)?)
}

/// Adds a user. False where the id is taken.
pub fn insert(tx: &mut Tx<'_>, row: &UserRow) -> Result<bool> {
    let added = both!(tx.conn(), c => diesel::insert_into(users::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
}

/// Makes a guest a user with this password in PHC form. False where there is no such guest.
pub fn end_guest(tx: &mut Tx<'_>, user_id: &str, hash: &str, admin: bool) -> Result<bool> {
    let guest = users::table.find(user_id).filter(users::guest).filter(users::deactivated.eq(false));
    let user = (users::password_hash.eq(hash), users::guest.eq(false), users::admin.eq(admin));
    let changed = diesel::update(guest).set(user).execute(tx.conn())?;
    if changed == 1 {
        tx.log(LogKind::Account, None, Some(user_id), None);
    }
    Ok(changed == 1)
}

/// Whether this user of ours is a guest.
pub fn is_guest(conn: &mut Conn, user_id: &str) -> Result<bool> {
    let found: Option<bool> = users::table.find(user_id).select(users::guest).get_result(conn).optional()?;
    Ok(found.unwrap_or(false))
}

/// (room, guest) of the guests who are joined to a room; in all rooms where none is given.
pub fn guests_in_rooms(conn: &mut Conn, room: Option<i64>, limit: i64) -> Result<Vec<(i64, String)>> {
    let joined = users::table
        .inner_join(memberships::table.on(memberships::user_id.eq(users::user_id)))
        .filter(users::guest)
        .filter(memberships::membership.eq(Membership::Join as i16))
        .select((memberships::room, users::user_id))
        .order((memberships::room, users::user_id))
        .limit(limit);
    Ok(match room {
        Some(room) => joined.filter(memberships::room.eq(room)).load(conn)?,
        None => joined.load(conn)?,
    })
}

/// Sets the password in PHC form. False where there is no such user.
pub fn set_password_hash(tx: &mut Tx<'_>, user_id: &str, hash: &str) -> Result<bool> {
    let changed = diesel::update(users::table.find(user_id)).set(users::password_hash.eq(hash)).execute(tx.conn())?;
    Ok(changed == 1)
}

/// Makes the user an administrator, or takes that away.
pub fn set_admin(tx: &mut Tx<'_>, user_id: &str, admin: bool) -> Result<()> {
    diesel::update(users::table.find(user_id)).set(users::admin.eq(admin)).execute(tx.conn())?;
    tx.log(LogKind::Account, None, Some(user_id), None);
    Ok(())
}

/// Locks or unlocks the account.
pub fn set_locked(tx: &mut Tx<'_>, user_id: &str, locked: bool) -> Result<()> {
    diesel::update(users::table.find(user_id)).set(users::locked.eq(locked)).execute(tx.conn())?;
    tx.log(LogKind::Account, None, Some(user_id), None);
    Ok(())
}

/// Suspends the account, or ends that.
pub fn set_suspended(tx: &mut Tx<'_>, user_id: &str, suspended: bool) -> Result<()> {
    diesel::update(users::table.find(user_id)).set(users::suspended.eq(suspended)).execute(tx.conn())?;
    tx.log(LogKind::Account, None, Some(user_id), None);
    Ok(())
}

/// Closes the account and forgets what belongs to it alone; the id stays taken. Devices and tokens are
/// [`super::devices`]'.
pub fn deactivate(tx: &mut Tx<'_>, user_id: &str, erased: bool) -> Result<()> {
    let closed = (
        users::password_hash.eq(None::<String>),
        users::deactivated.eq(true),
        users::erased.eq(erased),
        users::admin.eq(false),
    );
    let conn = tx.conn();
    diesel::update(users::table.find(user_id)).set(closed).execute(conn)?;
    diesel::delete(login_tokens::table.filter(login_tokens::user_id.eq(user_id))).execute(conn)?;
    diesel::delete(openid_tokens::table.filter(openid_tokens::user_id.eq(user_id))).execute(conn)?;
    diesel::delete(profiles::table.filter(profiles::user_id.eq(user_id))).execute(conn)?;
    diesel::delete(user_directory::table.find(user_id)).execute(conn)?;
    diesel::delete(account_data::table.filter(account_data::user_id.eq(user_id))).execute(conn)?;
    diesel::delete(filters::table.filter(filters::user_id.eq(user_id))).execute(conn)?;
    presence::delete(tx, &[user_id.to_owned()])?;
    e2ee::delete_of_user(tx, user_id)?;
    tx.log(LogKind::Account, None, Some(user_id), None);
    tx.log(LogKind::Profile, None, Some(user_id), None);
    Ok(())
}

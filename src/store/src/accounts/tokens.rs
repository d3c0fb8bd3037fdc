//! Access, refresh and login tokens. Only their SHA-256 is known here.

use diesel::prelude::*;

use crate::{
    Conn, LogKind, Result, Tx,
    accounts::UserRow,
    schema::{login_tokens, tokens, users},
};

/// What a token is for. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum TokenKind {
    /// It authenticates requests.
    Access = 1,
    /// It gives a new pair of tokens.
    Refresh = 2,
}

/// A token that is valid, or was until it expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Whose it is.
    pub user: UserRow,
    /// The device it belongs to.
    pub device_id: String,
    /// Which pair of the device it is of.
    pub generation: i64,
    /// When it expires, in milliseconds since 1970; none: never.
    pub expires_at: Option<i64>,
    /// Whether older pairs of the device wait for the first use of this one.
    pub has_older: bool,
}

/// The token of this hash and kind, with its user.
pub fn get(conn: &mut Conn, hash: &[u8], kind: TokenKind) -> Result<Option<Token>> {
    let row: Option<(UserRow, String, i64, Option<i64>)> = tokens::table
        .inner_join(users::table.on(users::user_id.eq(tokens::user_id)))
        .filter(tokens::hash.eq(hash))
        .filter(tokens::kind.eq(kind as i16))
        .select((UserRow::as_select(), tokens::device_id, tokens::generation, tokens::expires_at))
        .get_result(conn)
        .optional()?;
    let Some((user, device_id, generation, expires_at)) = row else { return Ok(None) };
    let oldest: Option<i64> = tokens::table
        .filter(tokens::user_id.eq(&user.user_id))
        .filter(tokens::device_id.eq(&device_id))
        .select(diesel::dsl::min(tokens::generation))
        .get_result(conn)?;
    let has_older = oldest.is_some_and(|oldest| oldest < generation);
    Ok(Some(Token { user, device_id, generation, expires_at, has_older }))
}

/// Adds a token of a device.
pub fn insert(
    tx: &mut Tx<'_>,
    (hash, kind): (&[u8], TokenKind),
    (user_id, device_id): (&str, &str),
    generation: i64,
    expires_at: Option<i64>,
) -> Result<()> {
    let row = (
        tokens::hash.eq(hash),
        tokens::kind.eq(kind as i16),
        tokens::user_id.eq(user_id),
        tokens::device_id.eq(device_id),
        tokens::generation.eq(generation),
        tokens::expires_at.eq(expires_at),
    );
    diesel::insert_into(tokens::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Revokes the pairs of a device that are older than `generation`: it has been used.
pub fn revoke_older(tx: &mut Tx<'_>, user_id: &str, device_id: &str, generation: i64) -> Result<()> {
    let of_device = tokens::table.filter(tokens::user_id.eq(user_id)).filter(tokens::device_id.eq(device_id));
    let gone = diesel::delete(of_device.filter(tokens::generation.lt(generation))).execute(tx.conn())?;
    log_revoked(tx, user_id, gone);
    Ok(())
}

/// Revokes the pairs of a device that are newer than `generation`: they were lost on their way.
pub fn revoke_newer(tx: &mut Tx<'_>, user_id: &str, device_id: &str, generation: i64) -> Result<()> {
    let of_device = tokens::table.filter(tokens::user_id.eq(user_id)).filter(tokens::device_id.eq(device_id));
    let gone = diesel::delete(of_device.filter(tokens::generation.gt(generation))).execute(tx.conn())?;
    log_revoked(tx, user_id, gone);
    Ok(())
}

/// Revokes all tokens of a device, which stays.
pub fn revoke_all(tx: &mut Tx<'_>, user_id: &str, device_id: &str) -> Result<()> {
    let of_device = tokens::table.filter(tokens::user_id.eq(user_id)).filter(tokens::device_id.eq(device_id));
    let gone = diesel::delete(of_device).execute(tx.conn())?;
    log_revoked(tx, user_id, gone);
    Ok(())
}

fn log_revoked(tx: &mut Tx<'_>, user_id: &str, gone: usize) {
    if gone > 0 {
        tx.log(LogKind::Account, None, Some(user_id), None);
    }
}

/// Adds a token for one login.
pub fn insert_login_token(tx: &mut Tx<'_>, hash: &[u8], user_id: &str, expires_at: i64) -> Result<()> {
    let row = (login_tokens::hash.eq(hash), login_tokens::user_id.eq(user_id), login_tokens::expires_at.eq(expires_at));
    diesel::insert_into(login_tokens::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Takes a login token away: its user, and when it expires.
pub fn take_login_token(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<(String, i64)>> {
    let token = login_tokens::table.find(hash);
    let found = token.select((login_tokens::user_id, login_tokens::expires_at)).get_result(tx.conn()).optional()?;
    if found.is_some() {
        diesel::delete(token).execute(tx.conn())?;
    }
    Ok(found)
}

/// Whether login tokens have expired before `now`.
pub fn any_expired_login_token(conn: &mut Conn, now: i64) -> Result<bool> {
    let expired = login_tokens::table.filter(login_tokens::expires_at.le(now));
    let one: Option<i64> = expired.select(login_tokens::expires_at).limit(1).first(conn).optional()?;
    Ok(one.is_some())
}

/// Forgets login tokens that have expired before `now`.
pub fn delete_expired_login_tokens(tx: &mut Tx<'_>, now: i64) -> Result<usize> {
    Ok(diesel::delete(login_tokens::table.filter(login_tokens::expires_at.le(now))).execute(tx.conn())?)
}

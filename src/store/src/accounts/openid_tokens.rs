//! Tokens that prove to others who a user is. Only their SHA-256 is known here.

use diesel::prelude::*;

use crate::{Conn, Result, Tx, schema::openid_tokens};

/// Adds a token; of the user's others the oldest go, so that no more than `keep` remain.
pub fn insert(tx: &mut Tx<'_>, hash: &[u8], user_id: &str, expires_at: i64, keep: i64) -> Result<()> {
    let row =
        (openid_tokens::hash.eq(hash), openid_tokens::user_id.eq(user_id), openid_tokens::expires_at.eq(expires_at));
    diesel::insert_into(openid_tokens::table).values(row).execute(tx.conn())?;
    let newest_first = openid_tokens::table
        .filter(openid_tokens::user_id.eq(user_id))
        .order(openid_tokens::expires_at.desc())
        .select(openid_tokens::hash);
    let surplus: Vec<Vec<u8>> = newest_first.offset(keep).limit(1_000).load(tx.conn())?;
    if !surplus.is_empty() {
        diesel::delete(openid_tokens::table.filter(openid_tokens::hash.eq_any(surplus))).execute(tx.conn())?;
    }
    Ok(())
}

/// The user of a token, and when it expires.
pub fn get(conn: &mut Conn, hash: &[u8]) -> Result<Option<(String, i64)>> {
    let token = openid_tokens::table.find(hash).select((openid_tokens::user_id, openid_tokens::expires_at));
    Ok(token.get_result(conn).optional()?)
}

/// Whether tokens have expired before `now`.
pub fn any_expired(conn: &mut Conn, now: i64) -> Result<bool> {
    let expired = openid_tokens::table.filter(openid_tokens::expires_at.le(now));
    let one: Option<i64> = expired.select(openid_tokens::expires_at).limit(1).first(conn).optional()?;
    Ok(one.is_some())
}

/// Forgets tokens that have expired before `now`.
pub fn delete_expired(tx: &mut Tx<'_>, now: i64) -> Result<usize> {
    Ok(diesel::delete(openid_tokens::table.filter(openid_tokens::expires_at.le(now))).execute(tx.conn())?)
}

//! How much each user has uploaded.

use diesel::prelude::*;

use crate::{Conn, Result, Tx, connection::both, schema::media_usage};

/// A row of `media_usage`, without its user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable)]
pub struct Usage {
    /// Files.
    pub files: i64,
    /// Their bytes, whether or not others have uploaded the same.
    pub bytes: i64,
}

/// How much a user has.
pub fn get(conn: &mut Conn, user_id: &str) -> Result<Usage> {
    let row = media_usage::table.find(user_id).select((media_usage::files, media_usage::bytes));
    Ok(row.get_result(conn).optional()?.unwrap_or_default())
}

/// Counts files that have come, or (with numbers below zero) gone.
pub fn add(tx: &mut Tx<'_>, user_id: &str, files: i64, bytes: i64) -> Result<()> {
    let row = (media_usage::user_id.eq(user_id), media_usage::files.eq(files), media_usage::bytes.eq(bytes));
    both!(tx.conn(), c => diesel::insert_into(media_usage::table)
        .values(row)
        .on_conflict(media_usage::user_id)
        .do_update()
        .set((media_usage::files.eq(media_usage::files + files), media_usage::bytes.eq(media_usage::bytes + bytes)))
        .execute(c))?;
    Ok(())
}

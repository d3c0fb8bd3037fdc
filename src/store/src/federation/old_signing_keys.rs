//! The keys that this server no longer signs with.

use diesel::{prelude::*, upsert::excluded};

use crate::{Conn, Result, connection::both, schema::old_signing_keys};

/// A row of `old_signing_keys`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = old_signing_keys)]
pub struct OldKeyRow {
    /// Its id, as others know it.
    pub key_id: String,
    /// The key, 32 bytes.
    pub public_key: Vec<u8>,
    /// When it was last used.
    pub expired_at: i64,
}

/// All of them.
pub fn all(conn: &mut Conn) -> Result<Vec<OldKeyRow>> {
    Ok(old_signing_keys::table.order(old_signing_keys::key_id).select(OldKeyRow::as_select()).load(conn)?)
}

/// Adds a key, or the newer time of one that is there.
pub fn put(conn: &mut Conn, row: &OldKeyRow) -> Result<()> {
    both!(conn, c => diesel::insert_into(old_signing_keys::table)
        .values(row)
        .on_conflict(old_signing_keys::key_id)
        .do_update()
        .set((
            old_signing_keys::public_key.eq(excluded(old_signing_keys::public_key)),
            old_signing_keys::expired_at.eq(excluded(old_signing_keys::expired_at)),
        ))
        .execute(c))?;
    Ok(())
}

/// Forgets a key that is in use again.
pub fn remove(conn: &mut Conn, key_id: &str) -> Result<()> {
    diesel::delete(old_signing_keys::table.find(key_id)).execute(conn)?;
    Ok(())
}

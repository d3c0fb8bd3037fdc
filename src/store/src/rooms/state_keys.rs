//! Numbers for (type, state key), the keys of the state trie.

use diesel::prelude::*;

use crate::{Conn, Result, Tx, connection::both, schema::state_keys};

/// The number of a key, if it has one.
pub fn state_key_nid(conn: &mut Conn, event_type: &str, state_key: &str) -> Result<Option<i64>> {
    Ok(state_keys::table
        .filter(state_keys::event_type.eq(event_type))
        .filter(state_keys::state_key.eq(state_key))
        .select(state_keys::nid)
        .first(conn)
        .optional()?)
}

/// The keys of these numbers.
pub fn state_keys_by_nid(conn: &mut Conn, nids: &[i64]) -> Result<Vec<(i64, String, String)>> {
    let mut found = Vec::with_capacity(nids.len());
    for nids in nids.chunks(10_000) {
        let query = state_keys::table.filter(state_keys::nid.eq_any(nids));
        let rows = query.select((state_keys::nid, state_keys::event_type, state_keys::state_key));
        found.extend(rows.load::<(i64, String, String)>(conn)?);
    }
    Ok(found)
}

/// Gives numbers to keys that have none yet: (number to take, type, state key). Answers with the number that holds.
pub fn intern_state_keys(tx: &mut Tx<'_>, keys: &[(i64, String, String)]) -> Result<Vec<i64>> {
    let mut nids = Vec::with_capacity(keys.len());
    for (nid, event_type, state_key) in keys {
        let row = (state_keys::nid.eq(nid), state_keys::event_type.eq(event_type), state_keys::state_key.eq(state_key));
        let conn = tx.conn();
        both!(conn, c => diesel::insert_into(state_keys::table).values(row).on_conflict_do_nothing().execute(c))?;
        nids.push(state_key_nid(conn, event_type, state_key)?.unwrap_or(*nid));
    }
    Ok(nids)
}

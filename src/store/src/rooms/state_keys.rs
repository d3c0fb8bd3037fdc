//! Numbers for (type, state key), the keys of the state trie.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::{
    Conn, Result, Tx,
    connection::{ROWS_PER_INSERT, both},
    schema::state_keys,
};

/// The number of a key, if it has one.
pub fn state_key_nid(conn: &mut Conn, event_type: &str, state_key: &str) -> Result<Option<i64>> {
    Ok(state_keys::table
        .filter(state_keys::event_type.eq(event_type))
        .filter(state_keys::state_key.eq(state_key))
        .select(state_keys::nid)
        .get_result(conn)
        .optional()?)
}

/// The numbers of those of these keys, of (type, state key), that have one: (type, state key, number).
pub fn known_state_keys<'k>(
    conn: &mut Conn,
    keys: impl IntoIterator<Item = (&'k str, &'k str)>,
) -> Result<Vec<(String, String, i64)>> {
    let mut of_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (event_type, state_key) in keys {
        of_type.entry(event_type).or_default().push(state_key);
    }
    let mut found = Vec::new();
    for (event_type, keys) in of_type {
        for keys in keys.chunks(10_000) {
            let of_type = state_keys::table.filter(state_keys::event_type.eq(event_type));
            let query = of_type.filter(state_keys::state_key.eq_any(keys));
            let rows = query.select((state_keys::event_type, state_keys::state_key, state_keys::nid));
            found.extend(rows.load::<(String, String, i64)>(conn)?);
        }
    }
    Ok(found)
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

/// Gives numbers to keys that have none yet, of (number to take, type, state key), and tells which number each key has
/// now, for another may have been quicker.
pub fn intern_state_keys(tx: &mut Tx<'_>, keys: &[(i64, String, String)]) -> Result<Vec<(String, String, i64)>> {
    let row = |(nid, event_type, state_key): &(i64, String, String)| {
        (
            state_keys::nid.eq(*nid),
            state_keys::event_type.eq(event_type.clone()),
            state_keys::state_key.eq(state_key.clone()),
        )
    };
    for keys in keys.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = keys.iter().map(row).collect();
        let conn = tx.conn();
        both!(conn, c => diesel::insert_into(state_keys::table).values(rows).on_conflict_do_nothing().execute(c))?;
    }
    known_state_keys(tx.conn(), keys.iter().map(|(_, event_type, state_key)| (event_type.as_str(), state_key.as_str())))
}

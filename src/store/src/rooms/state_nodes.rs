//! Nodes of the state trie.

use diesel::prelude::*;

use crate::{Conn, Result, schema::state_nodes};

/// The encoded nodes of these numbers, in no order.
pub fn state_nodes(conn: &mut Conn, ids: &[i64]) -> Result<Vec<(i64, Vec<u8>)>> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(10_000) {
        let query = state_nodes::table.filter(state_nodes::id.eq_any(ids));
        found.extend(query.select((state_nodes::id, state_nodes::data)).load::<(i64, Vec<u8>)>(conn)?);
    }
    Ok(found)
}

/// The number of the node with this hash, if it is stored.
pub fn state_node_by_hash(conn: &mut Conn, hash: &[u8]) -> Result<Option<i64>> {
    Ok(state_nodes::table.filter(state_nodes::hash.eq(hash)).select(state_nodes::id).get_result(conn).optional()?)
}

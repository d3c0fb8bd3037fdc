//! The auth chain index.

use diesel::{dsl::max, prelude::*};

use crate::{Conn, Result, rooms::AuthChainRow, schema::auth_chains};

/// The places of these events, as far as they have one.
pub fn auth_chain_places(conn: &mut Conn, events: &[i64]) -> Result<Vec<AuthChainRow>> {
    let mut found = Vec::with_capacity(events.len());
    for events in events.chunks(10_000) {
        let query = auth_chains::table.filter(auth_chains::event.eq_any(events));
        let rows = query.select((auth_chains::event, auth_chains::chain, auth_chains::sequence));
        let rows: Vec<(i64, i64, i64)> = rows.load(conn)?;
        found.extend(rows.into_iter().map(|(event, chain, sequence)| AuthChainRow { event, chain, sequence }));
    }
    Ok(found)
}

/// The last place of a chain that is stored.
pub fn auth_chain_end(conn: &mut Conn, chain: i64) -> Result<Option<i64>> {
    Ok(auth_chains::table.filter(auth_chains::chain.eq(chain)).select(max(auth_chains::sequence)).first(conn)?)
}

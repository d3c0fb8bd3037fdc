//! The auth chain index.

use diesel::{dsl::max, prelude::*};

use crate::{
    Conn, Result,
    rooms::{AuthChainLink, AuthChainRow},
    schema::{auth_chain_links, auth_chains},
};

/// How many binds a list in one query may have; longer lists are split.
const LIST: usize = 10_000;

/// The places of these events, as far as they have one.
pub fn auth_chain_places(conn: &mut Conn, events: &[i64]) -> Result<Vec<AuthChainRow>> {
    let mut found = Vec::with_capacity(events.len());
    for events in events.chunks(LIST) {
        let query = auth_chains::table.filter(auth_chains::event.eq_any(events));
        let rows = query.select((auth_chains::event, auth_chains::chain, auth_chains::sequence));
        found.extend(rows.load(conn)?.into_iter().map(row));
    }
    Ok(found)
}

/// The last place of a chain that is stored.
pub fn auth_chain_end(conn: &mut Conn, chain: i64) -> Result<Option<i64>> {
    Ok(auth_chains::table.filter(auth_chains::chain.eq(chain)).select(max(auth_chains::sequence)).get_result(conn)?)
}

/// What is in these chains beyond this place.
pub fn auth_chain_events(conn: &mut Conn, chains: &[i64], above: i64) -> Result<Vec<AuthChainRow>> {
    let mut found = Vec::new();
    for chains in chains.chunks(LIST) {
        let query = auth_chains::table
            .filter(auth_chains::chain.eq_any(chains))
            .filter(auth_chains::sequence.gt(above))
            .select((auth_chains::event, auth_chains::chain, auth_chains::sequence));
        found.extend(query.load(conn)?.into_iter().map(row));
    }
    Ok(found)
}

/// All links that go out from these chains.
pub fn auth_chain_links_of(conn: &mut Conn, chains: &[i64]) -> Result<Vec<AuthChainLink>> {
    let mut found = Vec::new();
    for chains in chains.chunks(LIST) {
        let query = auth_chain_links::table.filter(auth_chain_links::chain.eq_any(chains)).select((
            auth_chain_links::chain,
            auth_chain_links::sequence,
            auth_chain_links::target_chain,
            auth_chain_links::target_sequence,
        ));
        found.extend(query.load(conn)?.into_iter().map(link));
    }
    Ok(found)
}

/// All links that come in to these chains: what reaches them directly.
pub fn auth_chain_links_to(conn: &mut Conn, chains: &[i64]) -> Result<Vec<AuthChainLink>> {
    let mut found = Vec::new();
    for chains in chains.chunks(LIST) {
        let query = auth_chain_links::table.filter(auth_chain_links::target_chain.eq_any(chains)).select((
            auth_chain_links::chain,
            auth_chain_links::sequence,
            auth_chain_links::target_chain,
            auth_chain_links::target_sequence,
        ));
        found.extend(query.load(conn)?.into_iter().map(link));
    }
    Ok(found)
}

fn link((chain, sequence, target_chain, target_sequence): (i64, i64, i64, i64)) -> AuthChainLink {
    AuthChainLink { chain, sequence, target_chain, target_sequence }
}

fn row((event, chain, sequence): (i64, i64, i64)) -> AuthChainRow {
    AuthChainRow { event, chain, sequence }
}

//! The whole auth chain of some events, from the auth chain index: one query for each step from chains to those that they
//! link to.

use std::collections::{HashMap, HashSet};

use store::{
    Conn,
    rooms::{auth_chain_events, auth_chain_links_of, auth_chain_places},
};

use crate::{Error, Result};

/// How many events a chain may have that is handed out whole.
const EVENTS: usize = 500_000;

/// The numbers of all that these events reach by `auth_events`, themselves included.
pub(super) fn auth_chain(conn: &mut Conn, events: &[i64]) -> Result<HashSet<i64>> {
    let mut reach: HashMap<i64, i64> = HashMap::new();
    let mut waiting: HashMap<i64, i64> = HashMap::new();
    for place in auth_chain_places(conn, events)? {
        let known = waiting.entry(place.chain).or_insert(place.sequence);
        *known = place.sequence.max(*known);
    }
    while !waiting.is_empty() {
        let chains: Vec<i64> = waiting.keys().copied().collect();
        let links = auth_chain_links_of(conn, &chains)?;
        let mut next: HashMap<i64, i64> = HashMap::new();
        for link in links {
            let up_to = waiting.get(&link.chain).copied().unwrap_or(0);
            if link.sequence <= up_to {
                let known = next.entry(link.target_chain).or_insert(link.target_sequence);
                *known = link.target_sequence.max(*known);
            }
        }
        for (chain, up_to) in waiting {
            let known = reach.entry(chain).or_insert(up_to);
            *known = up_to.max(*known);
        }
        next.retain(|chain, up_to| reach.get(chain).is_none_or(|known| known < up_to));
        waiting = next;
    }
    let chains: Vec<i64> = reach.keys().copied().collect();
    let rows = auth_chain_events(conn, &chains, 0)?;
    let inside = rows.into_iter().filter(|row| reach.get(&row.chain).is_some_and(|up_to| row.sequence <= *up_to));
    let found: HashSet<i64> = inside.map(|row| row.event).collect();
    if found.len() > EVENTS {
        return Err(Error::TooLarge("the auth chain is too long".into()));
    }
    Ok(found)
}

//! The auth chain index. A chain follows one state key: an event extends the chain of the auth event with its key, if
//! that is still the end of its chain; otherwise it begins a chain of its own. Links say what else an event reaches:
//! from a place in one chain everything up to a place in another.
//!
//! All state events have a place that were not rejected, for nothing else is ever part of an auth chain.

use std::collections::HashMap;

use events::Pdu;
use store::rooms::{AuthChainLink, AuthChainRow, auth_chain_end, auth_chain_places};

use crate::{
    Error, Result,
    lane::{Numbered, chain::Building},
};

/// A place in the index: (chain, sequence).
pub(super) type Place = (i64, i64);

/// What this chain of events knows of the index.
#[derive(Default)]
pub(crate) struct ChainIndex {
    /// Places by event number; zeros where there is none.
    places: HashMap<i64, Place>,
    /// The last sequence of a chain.
    ends: HashMap<i64, i64>,
}

impl ChainIndex {
    /// Forgets all but the new places that remain.
    pub fn forget(&mut self, remaining: &[AuthChainRow]) {
        *self = Self::default();
        remaining.iter().for_each(|row| self.note(row));
    }

    fn note(&mut self, row: &AuthChainRow) {
        self.places.insert(row.event, (row.chain, row.sequence));
        self.ends.insert(row.chain, row.sequence);
    }
}

/// A new place and what it reaches.
pub(crate) struct ChainPlace {
    row: AuthChainRow,
    links: Vec<AuthChainLink>,
}

impl Building<'_> {
    /// The place of a new state event; none if it has one, being an outlier until now.
    pub(crate) fn auth_chain_place(
        &mut self,
        nid: i64,
        pdu: &Pdu,
        auth_events: &[Numbered],
    ) -> Result<Option<ChainPlace>> {
        let known: Vec<i64> = auth_events.iter().map(|event| event.nid).collect();
        self.load_places(&known)?;
        if self.chains.places.get(&nid).is_some_and(|place| *place != (0, 0)) {
            return Ok(None);
        }
        let same_key = auth_events
            .iter()
            .find(|event| event.pdu.event_type() == pdu.event_type() && event.pdu.state_key() == pdu.state_key());
        let before = same_key.and_then(|event| self.chains.places.get(&event.nid).copied());
        let (chain, sequence) = match before {
            Some((chain, sequence)) if self.chain_end(chain)? == sequence => (chain, sequence + 1),
            _ => (nid, 1),
        };
        // Of two places in one chain the later one reaches the earlier.
        let mut targets: HashMap<i64, i64> = HashMap::new();
        for (target, up_to) in self.places(&known)?.into_iter().filter(|(target, _)| *target != chain) {
            let known = targets.entry(target).or_insert(up_to);
            *known = up_to.max(*known);
        }
        let link = |(target_chain, target_sequence)| AuthChainLink { chain, sequence, target_chain, target_sequence };
        let links = targets.into_iter().map(link).collect();
        Ok(Some(ChainPlace { row: AuthChainRow { event: nid, chain, sequence }, links }))
    }

    /// Puts it into the index.
    pub(crate) fn index_auth_chain(&mut self, place: ChainPlace) {
        self.chains.note(&place.row);
        self.append.auth_chains.push(place.row);
        self.append.auth_chain_links.extend(place.links);
    }

    /// The places of these events, in their order.
    pub(super) fn places(&mut self, events: &[i64]) -> Result<Vec<Place>> {
        self.load_places(events)?;
        let place = |nid: &i64| match self.chains.places.get(nid) {
            Some(place) if *place != (0, 0) => Ok(*place),
            _ => Err(Error::Internal(format!("event number {nid} has no place in the auth chain index"))),
        };
        events.iter().map(place).collect()
    }

    /// Makes sure that the places of these events are known: one query for those that are not yet.
    pub(crate) fn load_places(&mut self, events: &[i64]) -> Result<()> {
        let wanted: Vec<i64> = events.iter().copied().filter(|nid| !self.chains.places.contains_key(nid)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        self.chains.places.extend(wanted.iter().map(|nid| (*nid, (0, 0))));
        for row in auth_chain_places(self.nodes.conn(), &wanted)? {
            self.chains.places.insert(row.event, (row.chain, row.sequence));
        }
        Ok(())
    }

    fn chain_end(&mut self, chain: i64) -> Result<i64> {
        if let Some(end) = self.chains.ends.get(&chain) {
            return Ok(*end);
        }
        let end = auth_chain_end(self.nodes.conn(), chain)?.unwrap_or(0);
        self.chains.ends.insert(chain, end);
        Ok(end)
    }
}

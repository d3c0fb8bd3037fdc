//! The auth chain index. A chain follows one state key: an event extends the chain of the one it replaces, if that is
//! among its auth events and still the end of its chain; otherwise it begins a chain of its own. Links say what else
//! an event reaches: from a place in one chain everything up to a place in another.

use std::collections::HashMap;

use events::Pdu;
use store::rooms::{AuthChainLink, AuthChainRow, auth_chain_end, auth_chain_places, event_nids};

use crate::{
    Result,
    lane::{chain::Building, head::Numbered},
};

/// A place in the index: (chain, sequence).
type Place = (i64, i64);

impl Building<'_> {
    /// Gives a new state event its place.
    pub(super) fn index_auth_chain(&mut self, nid: i64, pdu: &Pdu, replaced: Option<&Numbered>) -> Result<()> {
        let places = self.places(pdu)?;
        let before = replaced.and_then(|replaced| places.get(replaced.pdu.event_id().as_str()).copied());
        let (chain, sequence) = match before {
            Some((chain, sequence)) if self.is_end(chain, sequence)? => (chain, sequence + 1),
            _ => (nid, 1),
        };
        self.append.auth_chains.push(AuthChainRow { event: nid, chain, sequence });
        // Of two places in one chain the later one reaches the earlier.
        let mut targets: HashMap<i64, i64> = HashMap::new();
        for (target, up_to) in places.into_values().filter(|(target, _)| *target != chain) {
            let known = targets.entry(target).or_insert(up_to);
            *known = up_to.max(*known);
        }
        let link = |(target_chain, target_sequence)| AuthChainLink { chain, sequence, target_chain, target_sequence };
        self.append.auth_chain_links.extend(targets.into_iter().map(link));
        Ok(())
    }

    /// Where the auth events of an event are, by id.
    fn places(&mut self, pdu: &Pdu) -> Result<HashMap<String, Place>> {
        let new: HashMap<i64, Place> =
            self.append.auth_chains.iter().map(|row| (row.event, (row.chain, row.sequence))).collect();
        let mut places = HashMap::new();
        let mut stored = Vec::new();
        for id in pdu.auth_events() {
            let row = self.ids.get(id).and_then(|index| self.append.events.get(*index));
            match row.and_then(|row| new.get(&row.nid)) {
                Some(place) => drop(places.insert(id.to_string(), *place)),
                None => stored.push(id.to_string()),
            }
        }
        if !stored.is_empty() {
            let room = self.head.room.nid;
            let conn = self.nodes.conn();
            let nids = event_nids(conn, room, &stored)?;
            let known: HashMap<i64, Place> =
                auth_chain_places(conn, &nids.iter().map(|(_, nid)| *nid).collect::<Vec<_>>())?
                    .into_iter()
                    .map(|row| (row.event, (row.chain, row.sequence)))
                    .collect();
            places.extend(nids.into_iter().filter_map(|(id, nid)| Some((id, *known.get(&nid)?))));
        }
        Ok(places)
    }

    fn is_end(&mut self, chain: i64, sequence: i64) -> Result<bool> {
        if self.append.auth_chains.iter().any(|row| row.chain == chain && row.sequence > sequence) {
            return Ok(false);
        }
        Ok(auth_chain_end(self.nodes.conn(), chain)?.is_none_or(|end| end <= sequence))
    }
}

//! A look inside a resolution, for the tests of the auth chain index.

use std::collections::{HashMap, HashSet};

use events::resolve::StateMap;
use ruma::OwnedEventId;
use store::state;

use crate::{
    Result,
    lane::{Building, conflict::Conflict},
};

pub(crate) struct Resolution {
    /// The states that differ.
    pub roots: Vec<i64>,
    /// What is handed over of the auth chain of each.
    pub chains: Vec<HashSet<OwnedEventId>>,
    pub subgraph: HashSet<OwnedEventId>,
}

impl Building<'_> {
    pub(crate) fn resolution(&mut self, mut roots: Vec<i64>) -> Result<Resolution> {
        roots.sort_unstable();
        roots.dedup();
        let conflict = Conflict::between(&mut self.nodes, roots)?;
        let chains = self.auth_chain_difference(&conflict)?;
        let chains = chains.iter().map(|chain| self.ids_of(chain)).collect::<Result<_>>()?;
        let subgraph = self.conflicted_subgraph(&conflict)?;
        let subgraph = self.ids_of(&subgraph)?;
        Ok(Resolution { roots: conflict.roots, chains, subgraph })
    }

    /// How many events one auth chain has up to there.
    pub(crate) fn walk(&mut self, chain: i64, up_to: i64) -> Result<usize> {
        Ok(self.between(&HashMap::from([(chain, (0, up_to))]))?.len())
    }

    /// The contents of a root, which need not be stored yet.
    pub(crate) fn state_of(&mut self, root: i64) -> Result<StateMap> {
        let events = state::entries(&mut self.nodes, root)?;
        let mut found = StateMap::new();
        for (_, nid) in events {
            let pdu = self.pdu(nid)?;
            let key = (pdu.event_type().to_string().into(), pdu.state_key().unwrap_or_default().to_owned());
            found.insert(key, pdu.event_id().to_owned());
        }
        Ok(found)
    }

    fn ids_of(&mut self, nids: &[i64]) -> Result<HashSet<OwnedEventId>> {
        Ok(self.pdu_map(nids)?.values().map(|pdu| pdu.event_id().to_owned()).collect())
    }
}

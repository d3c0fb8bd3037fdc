//! The conflicted state subgraph (rooms/v12 §State resolution), from the auth chain index: all that lies on a path along
//! `auth_events` from one conflicted event to another.

use std::collections::HashMap;

use crate::{
    Result,
    lane::{
        chain::Building,
        conflict::Conflict,
        reach::{Links, Reach},
    },
};

impl Building<'_> {
    /// The numbers of its events, the conflicted ones included.
    pub(super) fn conflicted_subgraph(&mut self, conflict: &Conflict) -> Result<Vec<i64>> {
        let places = self.places(&conflict.events())?;
        let mut links = Links::default();
        let reach = self.reach(&mut links, &places)?;
        let mut lowest: HashMap<i64, i64> = HashMap::new();
        for (chain, sequence) in places {
            let known = lowest.entry(chain).or_insert(sequence);
            *known = sequence.min(*known);
        }
        lead_back(&reach, &links, &mut lowest);
        let ranges = lowest.into_iter().filter_map(|(chain, from)| Some((chain, (from - 1, *reach.get(&chain)?))));
        let ranges = ranges.collect();
        Ok(self.between(&ranges)?.into_iter().map(|row| row.event).collect())
    }
}

/// From where on each chain leads to a conflicted event: `lowest` has the conflicted events' own places, and gets all
/// others that lead to them.
fn lead_back(reach: &Reach, links: &Links, lowest: &mut HashMap<i64, i64>) {
    let mut towards: HashMap<i64, Vec<(i64, i64, i64)>> = HashMap::new();
    for (chain, up_to) in reach {
        for link in links.of(*chain).iter().filter(|link| link.sequence <= *up_to) {
            let from = (link.target_sequence, *chain, link.sequence);
            towards.entry(link.target_chain).or_default().push(from);
        }
    }
    let mut waiting: Vec<i64> = lowest.keys().copied().collect();
    while let Some(target) = waiting.pop() {
        let Some(from) = lowest.get(&target).copied() else { continue };
        for (target_sequence, chain, sequence) in towards.get(&target).into_iter().flatten() {
            if *target_sequence >= from && lowest.get(chain).is_none_or(|known| sequence < known) {
                lowest.insert(*chain, *sequence);
                waiting.push(*chain);
            }
        }
    }
}

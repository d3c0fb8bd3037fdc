//! What events reach by `auth_events`, from the auth chain index.

use std::collections::{HashMap, HashSet};

use store::rooms::{AuthChainLink, AuthChainRow, auth_chain_events, auth_chain_links_of};

use crate::{
    Error, Result,
    lane::{auth_chain::Place, chain::Building},
};

/// How many chains one resolution may look at. Far more than a room of many thousand members has.
const CHAINS: usize = 500_000;

/// How many events may differ between the auth chains of two states.
pub(super) const EVENTS: i64 = 50_000;

/// Everything that some events reach, themselves included: chain to highest sequence.
pub(super) type Reach = HashMap<i64, i64>;

/// The links of the chains that were looked at.
#[derive(Default)]
pub(super) struct Links {
    from: HashMap<i64, Vec<AuthChainLink>>,
}

impl Links {
    /// What goes out from a chain.
    pub fn of(&self, chain: i64) -> &[AuthChainLink] {
        self.from.get(&chain).map_or(&[], Vec::as_slice)
    }
}

impl Building<'_> {
    /// What is reached from these places; one query for each step from chains to those that they link to.
    pub(super) fn reach(&mut self, links: &mut Links, from: &[Place]) -> Result<Reach> {
        let mut reach = Reach::new();
        let mut waiting = Reach::new();
        for (chain, sequence) in from {
            raise(&mut waiting, *chain, *sequence);
        }
        while !waiting.is_empty() {
            self.load_links(links, waiting.keys().copied())?;
            let mut next = Reach::new();
            for (chain, sequence) in waiting {
                let before = reach.insert(chain, sequence).unwrap_or(0);
                let new = links.of(chain).iter().filter(|link| link.sequence > before && link.sequence <= sequence);
                for link in new {
                    if reach.get(&link.target_chain).is_none_or(|known| *known < link.target_sequence) {
                        raise(&mut next, link.target_chain, link.target_sequence);
                    }
                }
            }
            // Another chain of the same round may have brought as much.
            next.retain(|chain, sequence| reach.get(chain).is_none_or(|known| known < sequence));
            waiting = next;
            if reach.len() > CHAINS {
                return Err(Error::TooFarApart);
            }
        }
        Ok(reach)
    }

    fn load_links(&mut self, links: &mut Links, chains: impl Iterator<Item = i64>) -> Result<()> {
        let wanted: HashSet<i64> = chains.filter(|chain| !links.from.contains_key(chain)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        links.from.extend(wanted.iter().map(|chain| (*chain, Vec::new())));
        let stored = auth_chain_links_of(self.nodes.conn(), &wanted.iter().copied().collect::<Vec<_>>())?;
        let new = self.append.auth_chain_links.iter().filter(|link| wanted.contains(&link.chain)).cloned();
        for link in stored.into_iter().chain(new) {
            links.from.entry(link.chain).or_default().push(link);
        }
        Ok(())
    }

    /// The events between places: of each chain those above the first sequence, up to and with the second.
    pub(super) fn between(&mut self, ranges: &HashMap<i64, (i64, i64)>) -> Result<Vec<AuthChainRow>> {
        let chains: Vec<i64> = ranges.iter().filter(|(_, (above, up_to))| above < up_to).map(|(c, _)| *c).collect();
        if chains.is_empty() {
            return Ok(Vec::new());
        }
        let lowest = chains.iter().filter_map(|chain| ranges.get(chain)).map(|(above, _)| *above).min().unwrap_or(0);
        let expected: i64 = ranges.values().map(|(above, up_to)| (up_to - above).max(0)).sum();
        if expected > EVENTS {
            return Err(Error::TooFarApart);
        }
        let stored = auth_chain_events(self.nodes.conn(), &chains, lowest)?;
        let new = self.append.auth_chains.iter().cloned();
        let inside = |row: &AuthChainRow| {
            ranges.get(&row.chain).is_some_and(|(above, up_to)| *above < row.sequence && row.sequence <= *up_to)
        };
        let rows: Vec<AuthChainRow> = stored.into_iter().chain(new).filter(inside).collect();
        if i64::try_from(rows.len()) != Ok(expected) {
            return Err(Error::Internal(format!("{expected} events between auth chains, {} found", rows.len())));
        }
        Ok(rows)
    }
}

/// Makes sure that a chain is reached at least up to there.
pub(super) fn raise(reach: &mut Reach, chain: i64, sequence: i64) {
    let known = reach.entry(chain).or_insert(sequence);
    *known = sequence.max(*known);
}

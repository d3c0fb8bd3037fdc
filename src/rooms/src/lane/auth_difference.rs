//! The auth difference of a resolution, from the auth chain index: what is not in the auth chains of all states.

use std::collections::{HashMap, HashSet};

use store::{rooms::AuthChainRow, state};

use crate::{
    Result,
    lane::{
        chain::Building,
        conflict::Conflict,
        reach::{Links, Reach},
    },
};

/// Of each chain: above this sequence and up to that one.
type Ranges = HashMap<i64, (i64, i64)>;

impl Building<'_> {
    /// For each state the part of its full auth chain that not all states share, as event numbers. Conflicted events may
    /// be in it although all reach them: they take part in the resolution anyway.
    pub(super) fn auth_chain_difference(&mut self, conflict: &Conflict) -> Result<Vec<Vec<i64>>> {
        let mut links = Links::default();
        let reaches = self.reaches(conflict, &mut links)?;
        let mut ranges = differing(&reaches);
        let mut rows = self.between(&ranges)?;
        self.drop_held(conflict, &mut ranges, &mut rows)?;
        let conflicted: HashSet<i64> = conflict.events().into_iter().collect();
        if rows.iter().any(|row| !conflicted.contains(&row.event)) {
            self.drop_common(conflict, &mut links, &mut ranges, &mut rows)?;
        }
        let reached = |reach: &Reach| {
            let inside = |row: &&AuthChainRow| reach.get(&row.chain).is_some_and(|up_to| row.sequence <= *up_to);
            rows.iter().filter(inside).map(|row| row.event).collect()
        };
        Ok(reaches.iter().map(reached).collect())
    }

    /// At most so many events are in the auth chain of the first state and not in that of the second. It looks at no event.
    pub(super) fn most_in_first(&mut self, conflict: &Conflict) -> Result<i64> {
        let reaches = self.reaches(conflict, &mut Links::default())?;
        let [first, second] = reaches.as_slice() else { return Ok(0) };
        let beyond = |(chain, up_to): (&i64, &i64)| up_to - second.get(chain).copied().unwrap_or(0);
        Ok(first.iter().map(beyond).filter(|events| *events > 0).sum())
    }

    /// For each state, what its conflicted events reach.
    fn reaches(&mut self, conflict: &Conflict, links: &mut Links) -> Result<Vec<Reach>> {
        let mut reaches = Vec::with_capacity(conflict.roots.len());
        for set in conflict.sets() {
            let places = self.places(&set)?;
            reaches.push(self.reach(links, &places)?);
        }
        Ok(reaches)
    }

    /// A chain follows one state key. If all states hold the same event of it, all reach what is before that; mostly
    /// (power levels, join rules) this leaves nothing, and spares the next step.
    fn drop_held(&mut self, conflict: &Conflict, ranges: &mut Ranges, rows: &mut Vec<AuthChainRow>) -> Result<()> {
        let tops: HashMap<i64, i64> = rows.iter().map(|row| (row.chain, row.event)).collect();
        let pdus = self.pdu_map(&tops.values().copied().collect::<Vec<_>>())?;
        let mut holders = Vec::new();
        for pdu in tops.values().filter_map(|event| pdus.get(event)) {
            let event_type = pdu.event_type().to_string();
            let key = self.rooms.state_key(self.nodes.conn(), &event_type, pdu.state_key().unwrap_or_default())?;
            if let Some(key) = key.filter(|key| !conflict.keys.contains_key(key)) {
                holders.extend(state::get(&mut self.nodes, conflict.first(), key)?);
            }
        }
        let common = self.places(&holders)?.into_iter().collect();
        restrict(ranges, rows, &common);
        Ok(())
    }

    /// All states reach what the events reach that all of them hold. This looks at every member of the room.
    fn drop_common(
        &mut self,
        conflict: &Conflict,
        links: &mut Links,
        ranges: &mut Ranges,
        rows: &mut Vec<AuthChainRow>,
    ) -> Result<()> {
        let held = state::entries(&mut self.nodes, conflict.first())?;
        let held = held.into_iter().filter(|(key, _)| !conflict.keys.contains_key(key));
        let places = self.places(&held.map(|(_, event)| event).collect::<Vec<_>>())?;
        let common = self.reach(links, &places)?;
        restrict(ranges, rows, &common);
        Ok(())
    }
}

/// Between what all reach and what any reaches.
fn differing(reaches: &[Reach]) -> Ranges {
    let mut ranges = Ranges::new();
    let chains: HashSet<i64> = reaches.iter().flat_map(Reach::keys).copied().collect();
    for chain in chains {
        let up_to = || reaches.iter().map(|reach| reach.get(&chain).copied().unwrap_or(0));
        let (least, most) = (up_to().min().unwrap_or(0), up_to().max().unwrap_or(0));
        if least < most {
            ranges.insert(chain, (least, most));
        }
    }
    ranges
}

/// Takes out what is reached by all.
fn restrict(ranges: &mut Ranges, rows: &mut Vec<AuthChainRow>, common: &Reach) {
    for (chain, (above, _)) in ranges.iter_mut() {
        *above = (*above).max(common.get(chain).copied().unwrap_or(0));
    }
    rows.retain(|row| ranges.get(&row.chain).is_some_and(|(above, _)| row.sequence > *above));
}

//! Where states differ.

use std::collections::{BTreeMap, HashSet};

use store::state::{self, Load};

use crate::Result;

/// The keys that some states hold differently.
pub(super) struct Conflict {
    /// The roots of the states.
    pub roots: Vec<i64>,
    /// By key: the event that holds it, for each of the states.
    pub keys: BTreeMap<i64, Vec<Option<i64>>>,
}

impl Conflict {
    /// Compares states. Only what they do not share is looked at.
    pub fn between(nodes: &mut impl Load, roots: Vec<i64>) -> Result<Self> {
        let mut keys: BTreeMap<i64, Vec<Option<i64>>> = BTreeMap::new();
        let Some((first, others)) = roots.split_first() else { return Ok(Self { roots, keys }) };
        for (i, other) in others.iter().enumerate() {
            for (key, held, differs) in state::diff(nodes, *first, *other)? {
                // All hold what the first does, until it is seen that they differ.
                let holders = keys.entry(key).or_insert_with(|| vec![held; roots.len()]);
                if let Some(holder) = holders.get_mut(i + 1) {
                    *holder = differs;
                }
            }
        }
        Ok(Self { roots, keys })
    }

    /// All conflicted events.
    pub fn events(&self) -> Vec<i64> {
        let events: HashSet<i64> = self.keys.values().flatten().flatten().copied().collect();
        events.into_iter().collect()
    }

    /// For each state, its conflicted events.
    pub fn sets(&self) -> Vec<Vec<i64>> {
        (0..self.roots.len())
            .map(|i| self.keys.values().filter_map(|holders| holders.get(i).copied().flatten()).collect())
            .collect()
    }

    /// A state in which what is not conflicted can be looked up.
    pub fn first(&self) -> i64 {
        self.roots.first().copied().unwrap_or(state::EMPTY)
    }
}

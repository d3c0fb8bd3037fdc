//! What differs between two states.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{
    Result,
    state::{
        EMPTY, Load, Node, entries,
        trie::{LAST_LEVEL, too_deep},
    },
};

/// A key that two states hold differently: (key, event in the first, event in the second).
pub type Difference = (i64, Option<i64>, Option<i64>);

/// What differs between the states of two roots, in no order. Only nodes that they do not share are visited, one
/// query a level where they are not cached.
pub fn diff(nodes: &mut impl Load, first: i64, second: i64) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    let mut pairs = if first == second { Vec::new() } else { vec![(first, second)] };
    for _ in 0..=LAST_LEVEL {
        let loaded = load_level(nodes, &pairs)?;
        let mut below = Vec::new();
        for (first, second) in pairs {
            match (loaded.get(&first).map(|node| &**node), loaded.get(&second).map(|node| &**node)) {
                (Some(Node::Inner(first)), Some(Node::Inner(second))) => {
                    let pairs = first.iter().copied().zip(second.iter().copied());
                    below.extend(pairs.filter(|(first, second)| first != second));
                }
                // A leaf or nothing on one side: that is small, or all of the other side is new.
                (one, other) => {
                    let one = under(nodes, first, one)?;
                    let other = under(nodes, second, other)?;
                    compare(one, other, &mut found);
                }
            }
        }
        if below.is_empty() {
            return Ok(found);
        }
        // No pair is met twice, except in a damaged trie, which must have an end too.
        below.sort_unstable();
        below.dedup();
        pairs = below;
    }
    Err(too_deep())
}

/// The nodes of all pairs, by number; [`EMPTY`] is not among them.
fn load_level(nodes: &mut impl Load, pairs: &[(i64, i64)]) -> Result<HashMap<i64, Arc<Node>>> {
    let mut ids: Vec<i64> = pairs.iter().flat_map(|(first, second)| [*first, *second]).collect();
    ids.retain(|id| *id != EMPTY);
    ids.sort_unstable();
    ids.dedup();
    let loaded = nodes.load_all(&ids)?;
    Ok(ids.into_iter().zip(loaded).collect())
}

/// All entries of a subtree whose top node is loaded.
fn under(nodes: &mut impl Load, id: i64, top: Option<&Node>) -> Result<Vec<(i64, i64)>> {
    match top {
        None => Ok(Vec::new()),
        Some(Node::Leaf(entries)) => Ok(entries.clone()),
        Some(Node::Inner(_)) => entries(nodes, id),
    }
}

fn compare(first: Vec<(i64, i64)>, second: Vec<(i64, i64)>, found: &mut Vec<Difference>) {
    let mut keys: BTreeMap<i64, (Option<i64>, Option<i64>)> = BTreeMap::new();
    for (key, event) in first {
        keys.entry(key).or_default().0 = Some(event);
    }
    for (key, event) in second {
        keys.entry(key).or_default().1 = Some(event);
    }
    let differ = keys.into_iter().filter(|(_, (first, second))| first != second);
    found.extend(differ.map(|(key, (first, second))| (key, first, second)));
}

//! What differs between two states.

use std::collections::BTreeMap;

use crate::{
    Result,
    state::{EMPTY, Load, Node, entries},
};

/// A key that two states hold differently: (key, event in the first, event in the second).
pub type Difference = (i64, Option<i64>, Option<i64>);

/// What differs between the states of two roots, in no order. Only nodes that they do not share are visited.
pub fn diff(nodes: &mut impl Load, first: i64, second: i64) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    let mut pairs = vec![(first, second)];
    while let Some((first, second)) = pairs.pop() {
        if first == second {
            continue;
        }
        let children = |nodes: &mut _, id| -> Result<Option<Vec<i64>>> {
            Ok(match load(nodes, id)? {
                Some(Node::Inner(children)) => Some(children),
                _ => None,
            })
        };
        let sides = (children(nodes, first)?, children(nodes, second)?);
        if let (Some(first), Some(second)) = sides {
            pairs.extend(first.into_iter().zip(second));
        } else {
            compare(nodes, first, second, &mut found)?;
        }
    }
    Ok(found)
}

fn load(nodes: &mut impl Load, id: i64) -> Result<Option<Node>> {
    if id == EMPTY { Ok(None) } else { Ok(Some((*nodes.load(id)?).clone())) }
}

/// Compares two subtrees of which at least one is a leaf, so both are small or the difference is large anyway.
fn compare(nodes: &mut impl Load, first: i64, second: i64, found: &mut Vec<Difference>) -> Result<()> {
    let mut keys: BTreeMap<i64, (Option<i64>, Option<i64>)> = BTreeMap::new();
    for (key, event) in entries(nodes, first)? {
        keys.entry(key).or_default().0 = Some(event);
    }
    for (key, event) in entries(nodes, second)? {
        keys.entry(key).or_default().1 = Some(event);
    }
    let differ = keys.into_iter().filter(|(_, (first, second))| first != second);
    found.extend(differ.map(|(key, (first, second))| (key, first, second)));
    Ok(())
}

//! Reading and changing a state.

use crate::{
    Error, Result,
    state::{LEAF, Load, Node, Save, node::CHILDREN},
};

/// The root of the state that holds nothing.
pub const EMPTY: i64 = 0;

/// Levels after which the bits of the hash are used up; no set of keys in use comes near.
const MAX_LEVEL: u32 = 12;

/// Which child of an inner node at this level a key belongs to.
fn slot(key: i64, level: u32) -> usize {
    let hash = key.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((hash >> (59 - 5 * level)) & 31) as usize
}

/// The event that holds a key in the state of this root.
pub fn get(nodes: &mut impl Load, root: i64, key: i64) -> Result<Option<i64>> {
    let mut id = root;
    for level in 0..MAX_LEVEL {
        if id == EMPTY {
            return Ok(None);
        }
        match &*nodes.load(id)? {
            Node::Leaf(entries) => {
                let found = entries.binary_search_by_key(&key, |(key, _)| *key).ok();
                return Ok(found.and_then(|i| entries.get(i)).map(|(_, event)| *event));
            }
            Node::Inner(children) => id = children.get(slot(key, level)).copied().unwrap_or(EMPTY),
        }
    }
    Err(too_deep())
}

/// The root of the state that differs from this one by the given (key, event) pairs; of two for one key the last holds.
pub fn set(nodes: &mut impl Save, root: i64, changes: &[(i64, i64)]) -> Result<i64> {
    if changes.is_empty() {
        return Ok(root);
    }
    set_below(nodes, root, changes, 0)
}

fn set_below(nodes: &mut impl Save, id: i64, changes: &[(i64, i64)], level: u32) -> Result<i64> {
    if id == EMPTY {
        return build(nodes, merge(&[], changes), level);
    }
    let mut children = match &*nodes.load(id)? {
        Node::Leaf(entries) => return build(nodes, merge(entries, changes), level),
        Node::Inner(children) => children.clone(),
    };
    for (child, changes) in children.iter_mut().zip(by_slot(changes, level)) {
        if !changes.is_empty() {
            *child = set_below(nodes, *child, &changes, level + 1)?;
        }
    }
    nodes.save(Node::Inner(children))
}

fn merge(entries: &[(i64, i64)], changes: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut merged: std::collections::BTreeMap<i64, i64> = entries.iter().copied().collect();
    merged.extend(changes.iter().copied());
    merged.into_iter().collect()
}

fn by_slot(entries: &[(i64, i64)], level: u32) -> Vec<Vec<(i64, i64)>> {
    let mut slots = vec![Vec::new(); CHILDREN];
    for entry in entries {
        if let Some(entries) = slots.get_mut(slot(entry.0, level)) {
            entries.push(*entry);
        }
    }
    slots
}

fn build(nodes: &mut impl Save, entries: Vec<(i64, i64)>, level: u32) -> Result<i64> {
    if entries.is_empty() {
        return Ok(EMPTY);
    }
    if entries.len() <= LEAF {
        return nodes.save(Node::Leaf(entries));
    }
    if level >= MAX_LEVEL {
        return Err(too_deep());
    }
    let mut children = Vec::with_capacity(CHILDREN);
    for entries in by_slot(&entries, level) {
        children.push(build(nodes, entries, level + 1)?);
    }
    nodes.save(Node::Inner(children))
}

/// Everything in the state of this root, in no order; one query a level where nothing is cached.
pub fn entries(nodes: &mut impl Load, root: i64) -> Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    let mut level = if root == EMPTY { Vec::new() } else { vec![root] };
    while !level.is_empty() {
        let mut below = Vec::new();
        for node in nodes.load_all(&level)? {
            match &*node {
                Node::Leaf(entries) => found.extend_from_slice(entries),
                Node::Inner(children) => below.extend(children.iter().copied().filter(|id| *id != EMPTY)),
            }
        }
        level = below;
    }
    Ok(found)
}

fn too_deep() -> Error {
    Error::Corrupt("the state trie is too deep".into())
}

//! Reading and changing a state.

use std::collections::BTreeMap;

use crate::{
    Error, Result,
    state::{LEAF, Load, Node, Save, node::CHILDREN},
};

/// The root of the state that holds nothing.
pub const EMPTY: i64 = 0;

/// The level at which only leaves can be, the root being level 0: fewer than [`LEAF`] keys share the sixty bits of
/// hash that twelve levels use.
pub(super) const LAST_LEVEL: u32 = 12;

/// Which child of an inner node at this level, above the last, a key belongs to.
fn slot(key: i64, level: u32) -> usize {
    // The golden ratio spreads numbers that were given in order; it loses nothing, so different keys differ.
    let hash = key.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((hash >> (59 - 5 * level)) & 31) as usize
}

/// The event that holds a key in the state of this root.
pub fn get(nodes: &mut impl Load, root: i64, key: i64) -> Result<Option<i64>> {
    let mut id = root;
    for level in 0..=LAST_LEVEL {
        if id == EMPTY {
            return Ok(None);
        }
        match &*nodes.load(id)? {
            Node::Leaf(entries) => {
                let found = entries.binary_search_by_key(&key, |(key, _)| *key).ok();
                return Ok(found.and_then(|i| entries.get(i)).map(|(_, event)| *event));
            }
            Node::Inner(children) if level < LAST_LEVEL => {
                id = children.get(slot(key, level)).copied().unwrap_or(EMPTY);
            }
            Node::Inner(_) => {}
        }
    }
    Err(too_deep())
}

/// The root of the state that differs from this one by the given (key, event) pairs; of two for one key the last holds.
///
/// Where nothing changes, nothing is saved.
pub fn set(nodes: &mut impl Save, root: i64, changes: &[(i64, i64)]) -> Result<i64> {
    let changes: BTreeMap<i64, i64> = changes.iter().copied().collect();
    set_below(nodes, root, &changes.into_iter().collect::<Vec<_>>(), 0)
}

/// Changes the subtree of a node; the changes have rising keys.
fn set_below(nodes: &mut impl Save, id: i64, changes: &[(i64, i64)], level: u32) -> Result<i64> {
    if changes.is_empty() {
        return Ok(id);
    }
    if id == EMPTY {
        return build(nodes, changes.to_vec(), level);
    }
    let node = nodes.load(id)?;
    let before = match &*node {
        Node::Leaf(entries) => {
            let merged = merge(entries, changes);
            return if merged == *entries { Ok(id) } else { build(nodes, merged, level) };
        }
        Node::Inner(_) if level >= LAST_LEVEL => return Err(too_deep()),
        Node::Inner(children) => children,
    };
    let mut children = before.clone();
    if let [(key, _)] = changes {
        if let Some(child) = children.get_mut(slot(*key, level)) {
            *child = set_below(nodes, *child, changes, level + 1)?;
        }
    } else {
        for (child, changes) in children.iter_mut().zip(by_slot(changes, level)) {
            *child = set_below(nodes, *child, &changes, level + 1)?;
        }
    }
    if children == *before { Ok(id) } else { nodes.save(Node::Inner(children)) }
}

/// Two lists with rising keys as one; where both have a key, the change holds.
fn merge(entries: &[(i64, i64)], changes: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut merged = Vec::with_capacity(entries.len() + changes.len());
    let mut entries = entries.iter().copied().peekable();
    for change in changes {
        merged.extend(std::iter::from_fn(|| entries.next_if(|(key, _)| *key < change.0)));
        entries.next_if(|(key, _)| *key == change.0);
        merged.push(*change);
    }
    merged.extend(entries);
    merged
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

/// A new subtree of these entries, whose keys rise.
fn build(nodes: &mut impl Save, entries: Vec<(i64, i64)>, level: u32) -> Result<i64> {
    if entries.is_empty() {
        return Ok(EMPTY);
    }
    if entries.len() <= LEAF {
        return nodes.save(Node::Leaf(entries));
    }
    if level >= LAST_LEVEL {
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
    let mut ids = if root == EMPTY { Vec::new() } else { vec![root] };
    for _ in 0..=LAST_LEVEL {
        let mut below = Vec::new();
        for node in nodes.load_all(&ids)? {
            match &*node {
                Node::Leaf(entries) => found.extend_from_slice(entries),
                Node::Inner(children) => below.extend(children.iter().copied().filter(|id| *id != EMPTY)),
            }
        }
        if below.is_empty() {
            return Ok(found);
        }
        // Different places hold different keys, so no node is at two. Else a damaged trie could be without end.
        below.sort_unstable();
        if below.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(Error::Corrupt("the state trie folds back on itself".into()));
        }
        ids = below;
    }
    Err(too_deep())
}

pub(super) fn too_deep() -> Error {
    Error::Corrupt("the state trie is too deep".into())
}

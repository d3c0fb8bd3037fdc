//! The trie against a plain map.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use proptest::prelude::*;

use super::{EMPTY, Load, Node, Save, diff, entries, get, set};
use crate::{Error, Result};

/// Nodes in memory, as bytes, each once.
#[derive(Default)]
struct Memory {
    stored: Vec<Vec<u8>>,
    by_bytes: HashMap<Vec<u8>, i64>,
    loads: usize,
    queries: usize,
    saves: usize,
}

impl Load for Memory {
    fn load(&mut self, id: i64) -> Result<Arc<Node>> {
        self.load_all(&[id]).map(|mut nodes| nodes.remove(0))
    }

    fn load_all(&mut self, ids: &[i64]) -> Result<Vec<Arc<Node>>> {
        self.queries += 1;
        self.loads += ids.len();
        ids.iter().map(|id| Node::decode(&self.stored[usize::try_from(*id).unwrap() - 1]).map(Arc::new)).collect()
    }
}

impl Save for Memory {
    fn save(&mut self, node: Node) -> Result<i64> {
        self.saves += 1;
        let bytes = node.encode();
        if let Some(id) = self.by_bytes.get(&bytes) {
            return Ok(*id);
        }
        self.stored.push(bytes.clone());
        let id = i64::try_from(self.stored.len()).unwrap();
        self.by_bytes.insert(bytes, id);
        Ok(id)
    }
}

impl Memory {
    fn put_raw(&mut self, bytes: Vec<u8>) -> i64 {
        self.stored.push(bytes);
        i64::try_from(self.stored.len()).unwrap()
    }
}

/// Keys of all kinds: numbers in order, as the store gives them; any at all; and such whose hashes begin alike, so
/// that the trie is as deep as it can get.
fn key() -> impl Strategy<Value = i64> {
    prop_oneof![
        1..300_i64,
        any::<i64>(),
        (0..600_u64).prop_map(same_hash),
        (0..600_u64).prop_map(|n| same_hash(n << 20))
    ]
}

/// The key whose hash is this.
fn same_hash(hash: u64) -> i64 {
    let golden = 0x9E37_79B9_7F4A_7C15_u64;
    let mut inverse = golden;
    for _ in 0..6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(golden.wrapping_mul(inverse)));
    }
    inverse.wrapping_mul(hash).cast_signed()
}

fn changes(most: usize) -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((key(), prop_oneof![1..40_i64, any::<i64>()]), 0..most)
}

fn differences(first: &BTreeMap<i64, i64>, second: &BTreeMap<i64, i64>) -> Vec<(i64, Option<i64>, Option<i64>)> {
    let keys: std::collections::BTreeSet<_> = first.keys().chain(second.keys()).copied().collect();
    let pairs = keys.into_iter().map(|key| (key, first.get(&key).copied(), second.get(&key).copied()));
    pairs.filter(|(_, first, second)| first != second).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn as_a_map(
        batches in prop::collection::vec(prop_oneof![changes(3), changes(40), changes(400)], 1..8),
        absent in key(),
        shuffle in any::<prop::sample::Index>(),
    ) {
        let mut nodes = Memory::default();
        let mut map = BTreeMap::new();
        let mut root = EMPTY;
        let mut history = vec![(root, map.clone())];
        for batch in batches {
            map.extend(batch.iter().copied());
            root = set(&mut nodes, root, &batch).unwrap();
            history.push((root, map.clone()));

            let mut all = entries(&mut nodes, root).unwrap();
            all.sort_unstable();
            prop_assert_eq!(all, map.iter().map(|(key, event)| (*key, *event)).collect::<Vec<_>>());
            for key in map.keys().step_by(7).chain([&absent]) {
                prop_assert_eq!(get(&mut nodes, root, *key).unwrap(), map.get(key).copied());
            }
        }
        for (old_root, old) in &history {
            let (middle_root, middle) = &history[history.len() / 2];
            for (new_root, new) in [(root, &map), (*middle_root, middle)] {
                let mut found = diff(&mut nodes, *old_root, new_root).unwrap();
                found.sort_unstable();
                prop_assert_eq!(found, differences(old, new));
                // Equal states are one number, whatever way they came about.
                prop_assert_eq!(*old_root == new_root, old == new);
            }
        }
        let mut pairs: Vec<_> = map.into_iter().collect();
        if !pairs.is_empty() {
            let middle = shuffle.index(pairs.len());
            pairs.rotate_left(middle);
        }
        let mut rebuilt = EMPTY;
        for chunk in pairs.rchunks(37) {
            rebuilt = set(&mut nodes, rebuilt, chunk).unwrap();
        }
        prop_assert_eq!(rebuilt, root);
        prop_assert_eq!(set(&mut nodes, EMPTY, &pairs).unwrap(), root);
        let saves = nodes.saves;
        prop_assert_eq!(set(&mut nodes, root, &pairs).unwrap(), root);
        prop_assert_eq!(nodes.saves, saves, "nothing changes, nothing is saved");
    }

    #[test]
    fn leaves_round_trip(entries in prop::collection::btree_map(any::<i64>(), any::<i64>(), 0..70)) {
        let node = Node::Leaf(entries.into_iter().collect());
        prop_assert_eq!(Node::decode(&node.encode()).unwrap(), node);
    }

    #[test]
    fn inner_nodes_round_trip(children in prop::collection::vec(prop_oneof![Just(0), 1..=i64::MAX, 900..1000_i64], 32)) {
        let node = Node::Inner(children);
        prop_assert_eq!(Node::decode(&node.encode()).unwrap(), node);
    }

    #[test]
    fn any_bytes_are_one_node_or_an_error(
        kind in 0..3_u8, bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0..3_u8, Just(0xff)], 0..60),
    ) {
        let bytes: Vec<u8> = std::iter::once(kind).chain(bytes).collect();
        if let Ok(node) = Node::decode(&bytes) {
            prop_assert_eq!(node.encode(), bytes);
        }
    }

    #[test]
    fn damaged_bytes_are_another_node_or_an_error(
        entries in prop::collection::btree_map(1..5000_i64, 1..9_000_000_i64, 1..70),
        at in any::<prop::sample::Index>(), bit in 0..8_u8, cut in any::<bool>(),
    ) {
        let node = Node::Leaf(entries.into_iter().collect());
        let mut bytes = node.encode();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        prop_assert!(Node::decode(&bytes).ok().as_ref() != Some(&node));
    }
}

#[test]
fn no_bytes() {
    assert!(matches!(Node::decode(&[]), Err(Error::Corrupt(_))));
}

/// A trie that refers to itself, as no set of changes makes one.
#[test]
fn a_damaged_trie_ends() {
    let mut nodes = Memory::default();
    let inner = |child: i64| Node::Inner(vec![child; 32]).encode();
    let turning = nodes.put_raw(inner(1));
    let other = nodes.put_raw(inner(2));
    let one_way = |child: i64| {
        let mut children = vec![0; 32];
        children[0] = child;
        Node::Inner(children).encode()
    };
    let third = nodes.put_raw(one_way(3));
    let fourth = nodes.put_raw(one_way(4));
    for (a, b) in [(turning, other), (third, fourth), (turning, third), (turning, EMPTY), (fourth, EMPTY)] {
        assert!(get(&mut nodes, a, 0).is_err());
        assert!(entries(&mut nodes, a).is_err());
        assert!(set(&mut nodes, a, &[(0, 1)]).is_err());
        assert!(diff(&mut nodes, a, b).is_err());
    }
}

/// In a room of 50,000 a change touches a path, and a difference reads what is not shared.
#[test]
fn large_rooms_share() {
    let mut nodes = Memory::default();
    let members: Vec<(i64, i64)> = (1..=50_000).map(|key| (key * 3, key * 7)).collect();
    let mut root = set(&mut nodes, EMPTY, &members).unwrap();
    let (nodes_before, first) = (nodes.stored.len(), root);
    for change in 0..100 {
        nodes.loads = 0;
        root = set(&mut nodes, root, &[(change * 300 + 3, 1_000_000 + change)]).unwrap();
        assert!(nodes.loads <= 4, "a path is {} nodes", nodes.loads);
    }
    let bytes: usize = nodes.stored[nodes_before..].iter().map(Vec::len).sum();
    assert!(bytes < 100 * 700, "{bytes} bytes for 100 changes");

    (nodes.loads, nodes.queries) = (0, 0);
    assert_eq!(diff(&mut nodes, first, root).unwrap().len(), 100);
    assert!(nodes.loads <= 2 * 100 * 4 && nodes.queries <= 4, "{} nodes, {} queries", nodes.loads, nodes.queries);
    (nodes.loads, nodes.queries) = (0, 0);
    assert_eq!(entries(&mut nodes, root).unwrap().len(), 50_000);
    assert!(nodes.queries <= 5, "a query a level");
    assert_eq!(diff(&mut nodes, root, root).unwrap(), []);
}

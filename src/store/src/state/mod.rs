//! The state of a room at an event: a hash trie of immutable nodes.
//!
//! A state maps keys (numbers of (type, state key)) to events (their numbers). A node stays a leaf up to
//! [`LEAF`] entries and has 32 children beyond, so forks share all but the path to what changed. A node is stored
//! once under the hash of its contents, and its shape follows from the contents alone: equal states are one id.

mod diff;
mod node;
mod nodes;
#[cfg(test)]
mod tests;
mod trie;

pub use diff::{Difference, diff};
pub use node::Node;
pub use nodes::{NodeCache, NodeReader, NodeWriter};
pub use trie::{EMPTY, entries, get, set};

use std::sync::Arc;

use crate::Result;

/// Entries up to which a node stays a leaf.
pub const LEAF: usize = 64;

/// Where nodes come from.
pub trait Load {
    /// The node of this number, which is not [`EMPTY`].
    fn load(&mut self, id: i64) -> Result<Arc<Node>>;

    /// Several at once, in the same order: one query where they are not cached.
    fn load_all(&mut self, ids: &[i64]) -> Result<Vec<Arc<Node>>> {
        ids.iter().map(|id| self.load(*id)).collect()
    }
}

/// Where new nodes go.
pub trait Save: Load {
    /// The number of this node: a new one, or the one it is already stored under.
    fn save(&mut self, node: Node) -> Result<i64>;
}

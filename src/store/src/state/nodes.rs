//! Nodes from the database, cached, and new ones on their way to it.

use std::{collections::HashMap, sync::Arc};

use quick_cache::{Weighter, sync::Cache};
use ring::digest;

use crate::{
    Conn, Error, Result, Store,
    rooms::{StateNode, state_node_by_hash, state_nodes},
    state::{Load, Node, Save},
};

/// Bytes of a hash that are kept: enough that no two nodes share one.
const HASH_BYTES: usize = 20;

#[derive(Clone)]
struct Bytes;
impl Weighter<i64, Arc<Node>> for Bytes {
    fn weight(&self, _: &i64, node: &Arc<Node>) -> u64 {
        64 + match &**node {
            Node::Leaf(entries) => entries.len() as u64 * 16,
            Node::Inner(children) => children.len() as u64 * 8,
        }
    }
}

/// Nodes that were read lately. They never change, so nothing ever has to be thrown out but for room.
pub struct NodeCache {
    nodes: Cache<i64, Arc<Node>, Bytes>,
}

impl NodeCache {
    /// A cache of this many bytes.
    pub fn new(bytes: u64) -> Self {
        Self { nodes: Cache::with_weighter((bytes / 512).max(16) as usize, bytes, Bytes) }
    }
}

/// Reads nodes through the cache.
pub struct NodeReader<'a> {
    conn: &'a mut Conn,
    cache: &'a NodeCache,
}

impl<'a> NodeReader<'a> {
    /// Reads on this connection what the cache does not hold.
    pub fn new(conn: &'a mut Conn, cache: &'a NodeCache) -> Self {
        Self { conn, cache }
    }

    /// The connection, for other queries in between.
    pub fn conn(&mut self) -> &mut Conn {
        self.conn
    }
}

impl Load for NodeReader<'_> {
    fn load(&mut self, id: i64) -> Result<Arc<Node>> {
        if let Some(node) = self.cache.nodes.get(&id) {
            return Ok(node);
        }
        let mut nodes = self.load_all(&[id])?;
        nodes.pop().ok_or_else(|| missing(id))
    }

    fn load_all(&mut self, ids: &[i64]) -> Result<Vec<Arc<Node>>> {
        let mut found: HashMap<i64, Arc<Node>> = HashMap::with_capacity(ids.len());
        found.extend(ids.iter().filter_map(|id| Some((*id, self.cache.nodes.get(id)?))));
        let wanted: Vec<i64> = ids.iter().copied().filter(|id| !found.contains_key(id)).collect();
        if !wanted.is_empty() {
            for (id, data) in state_nodes(self.conn, &wanted)? {
                let node = Arc::new(Node::decode(&data)?);
                self.cache.nodes.insert(id, node.clone());
                found.insert(id, node);
            }
        }
        ids.iter().map(|id| found.get(id).cloned().ok_or_else(|| missing(*id))).collect()
    }
}

fn missing(id: i64) -> Error {
    Error::Corrupt(format!("node {id} of the state trie is missing"))
}

/// Reads nodes and collects new ones, which the caller puts into an append.
pub struct NodeWriter<'a> {
    reader: NodeReader<'a>,
    store: &'a Store,
    new: HashMap<i64, Arc<Node>>,
    by_hash: HashMap<Vec<u8>, i64>,
    rows: Vec<StateNode>,
}

impl<'a> NodeWriter<'a> {
    /// Reads on this connection; takes new numbers from the store.
    pub fn new(conn: &'a mut Conn, cache: &'a NodeCache, store: &'a Store) -> Self {
        let reader = NodeReader::new(conn, cache);
        Self { reader, store, new: HashMap::new(), by_hash: HashMap::new(), rows: Vec::new() }
    }

    /// The connection, for other queries in between.
    pub fn conn(&mut self) -> &mut Conn {
        self.reader.conn
    }

    /// The rows of the new nodes.
    pub fn into_rows(self) -> Vec<StateNode> {
        self.rows
    }
}

impl Load for NodeWriter<'_> {
    fn load(&mut self, id: i64) -> Result<Arc<Node>> {
        match self.new.get(&id) {
            Some(node) => Ok(node.clone()),
            None => self.reader.load(id),
        }
    }

    fn load_all(&mut self, ids: &[i64]) -> Result<Vec<Arc<Node>>> {
        let stored: Vec<i64> = ids.iter().copied().filter(|id| !self.new.contains_key(id)).collect();
        let mut stored = self.reader.load_all(&stored)?.into_iter();
        let one = |id: &i64| self.new.get(id).cloned().or_else(|| stored.next()).ok_or_else(|| missing(*id));
        ids.iter().map(one).collect()
    }
}

impl Save for NodeWriter<'_> {
    fn save(&mut self, node: Node) -> Result<i64> {
        let data = node.encode();
        let hash: Vec<u8> = digest::digest(&digest::SHA256, &data).as_ref().iter().copied().take(HASH_BYTES).collect();
        if let Some(id) = self.by_hash.get(&hash) {
            return Ok(*id);
        }
        if let Some(id) = state_node_by_hash(self.reader.conn, &hash)? {
            self.by_hash.insert(hash, id);
            return Ok(id);
        }
        let id = self.store.next_nid();
        self.new.insert(id, Arc::new(node));
        self.by_hash.insert(hash.clone(), id);
        self.rows.push(StateNode { id, hash, data });
        Ok(id)
    }
}

//! Messages of users of other servers that follow each other, finished before anything is measured.

use std::collections::BTreeMap;

use peerbrain_peer::events::finish;
use peerbrain_peer::{Event, Identity, Parcel, Peer};
use serde_json::{Value, json};

use crate::error::Result;
use crate::setup::{Room, path_segment};

/// How many events a transaction holds: the most that is allowed.
pub const EVENTS: usize = 50;

/// How many of them in a row are of one room: a transaction for many rooms holds a few of each.
const IN_A_ROW: usize = 5;

/// What every message says.
const BODY: &str = "Shall we meet at the old bridge at seven, as we did last spring?";

/// The messages of one user in one room, each upon the one before it.
pub struct Chain {
    room: Room,
    version: u8,
    draft: Value,
    depth: u64,
    by: Identity,
}

/// A transaction, and the paths of the newest event in each of its rooms. When those can be read, so can all others.
pub struct Load {
    /// What is sent.
    pub parcel: Parcel,
    /// What can be read then.
    pub newest: Vec<String>,
}

impl Chain {
    /// Begins at the end of a room, as another server knows it.
    pub fn new(room: &Room, peer: &Peer, user: &str) -> Result<Self> {
        let known = peer.room(&room.id)?;
        let draft = known.draft(user, "m.room.message", None, json!({"msgtype": "m.text", "body": BODY}));
        let depth = draft.get("depth").and_then(Value::as_u64).unwrap_or_default();
        Ok(Self { room: room.clone(), version: known.version, draft, depth, by: peer.me.clone() })
    }

    /// The next message.
    fn message(&mut self) -> Event {
        let event = finish(self.draft.clone(), self.version, &self.by);
        self.depth += 1;
        if let Some(draft) = self.draft.as_object_mut() {
            draft.insert("prev_events".to_owned(), json!([event.id]));
            draft.insert("depth".to_owned(), json!(self.depth));
        }
        event
    }
}

/// So many transactions of one server with messages of these chains, by turns.
pub fn loads(peer: &Peer, chains: &mut [Chain], count: usize) -> Vec<Load> {
    let (mut loads, mut turn, rooms) = (Vec::with_capacity(count), 0, chains.len().max(1));
    while loads.len() < count {
        let (mut events, mut newest) = (Vec::with_capacity(EVENTS), BTreeMap::new());
        while events.len() < EVENTS {
            let Some(chain) = chains.get_mut(turn % rooms) else { return loads };
            events.extend((0..IN_A_ROW).map(|_| chain.message()));
            if let Some(last) = events.last() {
                newest.insert(turn % rooms, chain.room.path(&format!("event/{}", path_segment(&last.id))));
            }
            turn += 1;
        }
        loads.push(Load { parcel: peer.pack(&events), newest: newest.into_values().collect() });
    }
    loads
}

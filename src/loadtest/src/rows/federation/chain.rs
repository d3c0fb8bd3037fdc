//! Messages of users of other servers that follow each other, finished before anything is measured.

use std::collections::BTreeMap;

use peerbrain_peer::events::finish;
use peerbrain_peer::{Event, Identity};
use serde_json::{Value, json};

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
pub struct Load<P> {
    /// What is sent.
    pub parcel: P,
    /// What can be read then.
    pub newest: Vec<String>,
}

impl Chain {
    /// Begins at the end of a room as a server knows it, with a user of that server.
    pub fn new(known: &peerbrain_peer::Room, by: &Identity, user: &str) -> Self {
        let draft = known.draft(user, "m.room.message", None, json!({"msgtype": "m.text", "body": BODY}));
        let depth = draft.get("depth").and_then(Value::as_u64).unwrap_or_default();
        Self { room: Room::new(&known.id), version: known.version, draft, depth, by: by.clone() }
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

/// So many transactions of one server with messages of these chains, by turns. `pack` makes one of its events.
pub fn loads<P>(chains: &mut [Chain], count: usize, pack: impl Fn(&[Event]) -> P) -> Vec<Load<P>> {
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
        loads.push(Load { parcel: pack(&events), newest: newest.into_values().collect() });
    }
    loads
}

#[cfg(test)]
mod tests {
    use peerbrain_peer::create::founded;

    use super::*;

    #[test]
    fn events_of_a_room_follow_each_other_across_transactions() {
        let by = Identity::new("b.example", "ed25519:1", &[7; 32]).unwrap();
        let rooms = [(); 2].map(|()| founded(&by, "@a:b.example", 12, "public").unwrap());
        let mut chains = rooms.each_ref().map(|room| Chain::new(room, &by, "@a:b.example"));
        let loads = loads(&mut chains, 3, <[Event]>::to_vec);
        assert_eq!(loads.len(), 3);
        for room in &rooms {
            let mut heads = json!(room.heads);
            let of_room = |event: &&Event| event.pdu["room_id"] == room.id.as_str();
            for event in loads.iter().flat_map(|load| &load.parcel).filter(of_room) {
                assert_eq!(event.pdu["prev_events"], heads);
                heads = json!([event.id]);
            }
            assert_ne!(heads, json!(room.heads));
        }
        for load in &loads {
            assert_eq!((load.parcel.len(), load.newest.len()), (EVENTS, 2));
            let last = load.parcel.last().unwrap();
            assert!(load.newest.iter().any(|path| path.contains(&path_segment(&last.id))));
        }
    }
}

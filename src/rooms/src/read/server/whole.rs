//! Many events that go whole: states and auth chains.

use serde_json::value::RawValue;

use super::{ServerSight, pdu};
use crate::{Error, Result};

/// How many events one list has at most, and how many bytes. Of larger states the ids are told.
const MOST_EVENTS: usize = 50_000;
const MOST_BYTES: usize = 64 * 1_024 * 1_024;

/// How many are read together, so that no more than that comes into memory of what is too much.
const READ: usize = 1_000;

impl ServerSight<'_> {
    /// The events of these numbers, as they lie in the room, the oldest first.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn whole(&mut self, nids: &[i64]) -> Result<Vec<Box<RawValue>>> {
        let too_large = || Error::TooLarge("these are too many events for one answer".into());
        if nids.len() > MOST_EVENTS {
            return Err(too_large());
        }
        let (mut events, mut bytes) = (Vec::with_capacity(nids.len()), 0);
        for nids in nids.chunks(READ) {
            for event in self.rooms.events().stored(self.conn, nids)? {
                bytes += event.json.len();
                events.push(((event.depth, event.position), pdu::whole(&event)?));
            }
            if bytes > MOST_BYTES {
                return Err(too_large());
            }
        }
        events.sort_unstable_by_key(|(place, _)| *place);
        Ok(events.into_iter().map(|(_, event)| event).collect())
    }
}

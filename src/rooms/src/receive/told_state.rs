//! States that other servers tell.

use std::collections::HashMap;

use ruma::OwnedEventId;
use store::{rooms::EventFlags, state};

use crate::{
    Error, Result,
    lane::{Building, Known},
    receive::{foundations::FOUNDATIONS, outliers},
};

const CREATE: &str = "m.room.create";

impl Building<'_> {
    /// Root of the state that consists of these events, or the ids of those that are not here. Rejected ones are left out:
    /// they are part of no state.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] where they cannot be a state of this room.
    pub(super) fn told_state(&mut self, ids: &[OwnedEventId]) -> Result<Result<i64, Vec<OwnedEventId>>> {
        if ids.len() > outliers::MOST {
            return Err(Error::TooLarge("too large a state".into()));
        }
        let known = self.known(ids.iter().map(|id| &**id))?;
        if known.len() < ids.len() {
            let unknown: Vec<OwnedEventId> = ids.iter().filter(|id| !known.contains_key(*id)).cloned().collect();
            if !unknown.is_empty() {
                return Ok(Err(unknown));
            }
        }
        let mut held: HashMap<(String, String), i64> = HashMap::with_capacity(known.len());
        for event in known.values().filter(|event| !event.has(EventFlags::REJECTED)) {
            let state_key = event.row.state_key.clone().ok_or_else(|| no_state("one of them is no state event"))?;
            if held.insert((event.row.event_type.clone(), state_key), event.row.nid).is_some() {
                return Err(no_state("two of them hold the same key"));
            }
        }
        for kind in FOUNDATIONS {
            let is_of_kind = |event: &Known| event.row.event_type == kind && event.row.state_key.as_deref() == Some("");
            if known.values().any(is_of_kind) && !held.contains_key(&(kind.to_owned(), String::new())) {
                return Err(no_state("what the room's rules are made of was rejected"));
            }
        }
        self.check_create(held.get(&(CREATE.to_owned(), String::new())).copied())?;
        let keys: Vec<(String, String)> = held.keys().cloned().collect();
        let numbers = self.rooms.intern_state_keys(self.nodes.conn(), &keys)?;
        let entries: Vec<(i64, i64)> =
            held.iter().filter_map(|(key, event)| Some((*numbers.get(key)?, *event))).collect();
        Ok(Ok(state::set(&mut self.nodes, state::EMPTY, &entries)?))
    }

    /// A room has one beginning, whoever tells of it.
    fn check_create(&mut self, told: Option<i64>) -> Result<()> {
        let told = told.ok_or_else(|| no_state("there is no m.room.create"))?;
        let told = self.pdu(told)?;
        match self.create_event()? {
            Some(ours) if ours != told.event_id() => Err(no_state("they begin with another m.room.create")),
            _ => Ok(()),
        }
    }
}

fn no_state(reason: &str) -> Error {
    Error::InvalidParam(format!("these events are no state of the room: {reason}"))
}

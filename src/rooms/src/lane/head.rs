//! Where a room stands: what the next event is built upon.

use std::collections::HashMap;

use events::Pdu;
use ruma::{
    OwnedEventId, OwnedRoomId, RoomId, RoomVersionId, events::StateEventType, room_version_rules::RoomVersionRules,
};
use store::{
    Conn,
    rooms::{RoomRow, extremities_from_text, room_by_nid},
    state::EMPTY,
};

use crate::{Error, EventCache, Result, cache::event_id, lane::NewRoom, rules_of};

/// How many entries of the state a head remembers.
const KNOWN: usize = 512;

/// An event without children.
#[derive(Clone, Debug)]
pub(crate) struct Extremity {
    pub nid: i64,
    pub event_id: OwnedEventId,
    pub depth: i64,
}

/// A state event and its number.
#[derive(Clone, Debug)]
pub(crate) struct Numbered {
    pub nid: i64,
    pub pdu: Pdu,
}

/// The head of a room.
#[derive(Clone)]
pub(crate) struct Head {
    pub room: RoomRow,
    pub rules: &'static RoomVersionRules,
    pub extremities: Vec<Extremity>,
    /// Keys of the current state that were needed lately, also those that nothing holds.
    known: HashMap<(StateEventType, String), Option<Numbered>>,
}

impl Head {
    /// Loads the head of a stored room.
    pub(crate) fn load(conn: &mut Conn, events: &EventCache, nid: i64) -> Result<Self> {
        let room =
            room_by_nid(conn, nid)?.ok_or_else(|| Error::NotFound("this server does not know the room".into()))?;
        let rules = rules_of(&room)?;
        let mut extremities = Vec::new();
        for nid in extremities_from_text(&room.extremities)? {
            let event = events.one(conn, nid)?;
            extremities.push(Extremity { nid, event_id: event_id(&event.event_id)?, depth: event.depth });
        }
        Ok(Self { room, rules, extremities, known: HashMap::new() })
    }

    /// The head of a room that has no events yet.
    pub(crate) fn empty(nid: i64, new: &NewRoom) -> Result<Self> {
        let room = RoomRow {
            nid,
            room_id: new.room_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            version: new.version.to_string(),
            revision: 0,
            last_position: 0,
            state: EMPTY,
            extremities: String::new(),
            joined: 0,
            invited: 0,
            published: new.published,
        };
        let rules = rules_of(&room)?;
        Ok(Self { room, rules, extremities: Vec::new(), known: HashMap::new() })
    }

    /// The room's id; none while a version 12 room has no events.
    pub(crate) fn room_id(&self) -> Option<OwnedRoomId> {
        RoomId::parse(self.room.room_id.as_str()).ok()
    }

    /// The room's version.
    pub(crate) fn version(&self) -> Result<RoomVersionId> {
        RoomVersionId::try_from(self.room.version.as_str()).map_err(|error| Error::Internal(error.to_string()))
    }

    /// What is remembered of a key: nothing, or what holds it.
    pub(crate) fn known(&self, key: &(StateEventType, String)) -> Option<Option<Numbered>> {
        self.known.get(key).cloned()
    }

    /// Remembers what holds a key.
    pub(crate) fn remember(&mut self, key: (StateEventType, String), holder: Option<Numbered>) {
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        self.known.insert(key, holder);
    }

    /// Forgets what is remembered: a redaction changed the text of some event.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }
}

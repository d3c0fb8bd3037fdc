//! Where a room stands: what the next event is built upon.

use std::collections::{HashMap, VecDeque};

use events::Pdu;
use ruma::{OwnedEventId, OwnedRoomId, RoomId, events::StateEventType, room_version_rules::RoomVersionRules};
use store::{
    Conn,
    federation::room_servers,
    rooms::{RoomCounts, RoomRow, extremities_from_text, room_by_nid},
    state::EMPTY,
};

use crate::{
    Error, EventCache, Result,
    cache::event_id,
    lane::{NewRoom, rule_holders::Holders},
    rules_of,
};

/// How much of the state a head remembers: each entry counts as one, and one more for each kilobyte of its event.
const KNOWN: usize = 1_024;

/// How many resolutions a head remembers.
const RESOLVED: usize = 8;

/// An event without children.
#[derive(Clone, Debug)]
pub(crate) struct Extremity {
    pub nid: i64,
    pub event_id: OwnedEventId,
    pub depth: i64,
    /// Root of the state after it.
    pub state: i64,
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
    /// What that counts.
    weight: usize,
    /// Which root came of which roots lately: as long as a fork lasts, each of its messages asks the same.
    resolved: VecDeque<(Vec<i64>, i64)>,
    /// Who has push rules of their own; none if that is to be read.
    pub push: Option<Holders>,
    /// Whether any of the history is missing; none if that is to be read.
    pub gaps: Option<bool>,
    /// Whether there may be members on other servers.
    pub shared: bool,
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
            let (event_id, depth, state) = (event_id(&event.event_id)?, event.depth, event.state_after);
            extremities.push(Extremity { nid, event_id, depth, state });
        }
        let shared = room_servers::any_in_room(conn, nid)?;
        let (known, resolved) = Default::default();
        Ok(Self { room, rules, extremities, known, weight: 0, resolved, push: None, gaps: None, shared })
    }

    /// The head of a room that is to be made, unless somebody else has made it meanwhile.
    pub(crate) fn of_new(conn: &mut Conn, events: &EventCache, nid: i64, new: &NewRoom) -> Result<Self> {
        if room_by_nid(conn, nid)?.is_some() { Self::load(conn, events, nid) } else { Self::empty(nid, new) }
    }

    /// The head of a room that has no events yet.
    fn empty(nid: i64, new: &NewRoom) -> Result<Self> {
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
            counted: RoomCounts::default(),
        };
        let rules = rules_of(&room)?;
        let (known, resolved) = Default::default();
        let extremities = Vec::new();
        Ok(Self { room, rules, extremities, known, weight: 0, resolved, push: None, gaps: None, shared: false })
    }

    /// The room's id; none while a version 12 room has no events.
    pub(crate) fn room_id(&self) -> Option<OwnedRoomId> {
        RoomId::parse(self.room.room_id.as_str()).ok()
    }

    /// What is remembered of a key: nothing, or what holds it.
    pub(crate) fn known(&self, key: &(StateEventType, String)) -> Option<Option<Numbered>> {
        self.known.get(key).cloned()
    }

    /// Remembers what holds a key.
    pub(crate) fn remember(&mut self, key: (StateEventType, String), holder: Option<Numbered>) {
        let weight = 1 + holder.as_ref().map_or(0, |holder| holder.pdu.json().len() / 1_024);
        if self.weight + weight > KNOWN {
            self.forget();
        }
        self.weight += weight;
        self.known.insert(key, holder);
    }

    /// Forgets what is remembered: a redaction changed the text of some event.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
        self.weight = 0;
    }

    /// What came of the resolution of these roots, if that was asked lately.
    pub(crate) fn resolved(&self, roots: &[i64]) -> Option<i64> {
        self.resolved.iter().find(|(of, _)| of == roots).map(|(_, root)| *root)
    }

    /// Forgets the resolutions: their roots may not have been stored.
    pub(crate) fn forget_resolved(&mut self) {
        self.resolved.clear();
    }

    /// Remembers a resolution.
    pub(crate) fn remember_resolved(&mut self, roots: Vec<i64>, root: i64) {
        if self.resolved.len() >= RESOLVED {
            self.resolved.pop_front();
        }
        self.resolved.push_back((roots, root));
    }
}

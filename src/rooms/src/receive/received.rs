//! What becomes of an event of another server.

use std::collections::HashMap;

use events::Pdu;
use ruma::OwnedEventId;
use store::rooms::EventFlags;

use crate::lane::{Known, Placed, Sent};

/// What has become of an event of another server. The same event again gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is part of the room.
    Accepted(Sent),
    /// Allowed where it stands, but not by the room's state now: stored, not shown, not built upon.
    SoftFailed(Sent),
    /// Not allowed: stored, so that what builds on it can be judged.
    Rejected(Sent),
    /// It cannot be judged yet, and was not stored: these must come first.
    Missing(Missing),
}

/// What an event builds on that the room does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Previous events that are unknown, or known as outliers only.
    pub prev_events: Vec<OwnedEventId>,
    /// Auth events that are unknown, and events of a told state that are.
    pub auth_events: Vec<OwnedEventId>,
}

impl Missing {
    /// What is missing of an event, if anything is.
    pub(super) fn of(pdu: &Pdu, known: &HashMap<OwnedEventId, Known>) -> Option<Self> {
        let placed = |id: &OwnedEventId| known.get(id).is_some_and(|known| !known.has(EventFlags::OUTLIER));
        let missing = Self {
            prev_events: pdu.prev_events().iter().filter(|id| !placed(id)).cloned().collect(),
            auth_events: pdu.auth_events().iter().filter(|id| !known.contains_key(*id)).cloned().collect(),
        };
        (missing != Self::default()).then_some(missing)
    }
}

/// What the rules say of an event, with the reason for the log.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Accepted,
    SoftFailed(String),
    Rejected(String),
}

impl Verdict {
    /// The same as it is stored.
    pub fn flags(&self) -> EventFlags {
        match self {
            Self::Accepted => EventFlags::default(),
            Self::SoftFailed(_) => EventFlags::SOFT_FAILED,
            Self::Rejected(_) => EventFlags::REJECTED,
        }
    }
}

/// The answer, before the position is known.
pub(crate) enum Reception {
    Placed(Placed, Verdict),
    Missing(Missing),
}

impl Reception {
    /// The answer to an event that is here already.
    pub fn again(pdu: &Pdu, known: &Known) -> Self {
        let verdict = match known {
            known if known.has(EventFlags::REJECTED) => Verdict::Rejected(String::new()),
            known if known.has(EventFlags::SOFT_FAILED) => Verdict::SoftFailed(String::new()),
            _ => Verdict::Accepted,
        };
        let (event_id, room_id) = (pdu.event_id().to_owned(), pdu.room_id().to_owned());
        Self::Placed(Placed { event_id, room_id, at: known.at }, verdict)
    }

    /// The answer with its position.
    pub fn told(self, positions: &[i64]) -> Received {
        match self {
            Self::Missing(missing) => Received::Missing(missing),
            Self::Placed(placed, Verdict::Accepted) => Received::Accepted(placed.sent(positions)),
            Self::Placed(placed, Verdict::SoftFailed(_)) => Received::SoftFailed(placed.sent(positions)),
            Self::Placed(placed, Verdict::Rejected(_)) => Received::Rejected(placed.sent(positions)),
        }
    }
}

//! One stored event.

use std::{ops::Deref, sync::Arc};

use diesel::prelude::*;

use crate::schema::events;

/// What the server knows of an event beside its text. Bits of `events.flags`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFlags(pub i16);

impl EventFlags {
    /// Known without its place in the room: its state is unknown.
    pub const OUTLIER: Self = Self(1);
    /// Refused by the auth rules: never shown, never built upon.
    pub const REJECTED: Self = Self(2);
    /// Allowed where it stands, but not by the room's current state: not shown, not an extremity.
    pub const SOFT_FAILED: Self = Self(4);
    /// Others edit it. Like the next two it says only where it pays to look: it stays when they are redacted.
    pub const EDITED: Self = Self(8);
    /// Others refer to it.
    pub const REFERENCED: Self = Self(16);
    /// Others relate to it as the root of their thread.
    pub const THREAD_ROOT: Self = Self(32);
    /// Another server has left it to us to send it to all the others.
    pub const RELAYED: Self = Self(64);
    /// Not all of its previous events had arrived as news when it got its place: between what arrived before and it,
    /// history is or was missing. Stays when that has come.
    pub const AFTER_GAP: Self = Self(128);
    /// All flags of events with children that are bundled with them.
    pub const CHILDREN: Self = Self(8 | 16 | 32);

    /// Whether all bits of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is set.
    pub fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// These and those of `other`.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether clients may be given the event.
    pub fn is_visible(self) -> bool {
        self.0 & (Self::OUTLIER.0 | Self::REJECTED.0 | Self::SOFT_FAILED.0) == 0
    }
}

/// The depth of events that have no place in their room.
pub const NO_DEPTH: i64 = -1;

/// A row of `events`, but for its position, which it gets when it is written.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct EventRow {
    /// Its number, taken before it is written.
    pub nid: i64,
    /// The number of its room.
    pub room: i64,
    /// Its depth in the room's graph; [`NO_DEPTH`] of an outlier.
    pub depth: i64,
    /// Milliseconds since 1970, as its sender's server says.
    pub origin_server_ts: i64,
    /// The Matrix event id.
    pub event_id: String,
    /// The `type`.
    pub event_type: String,
    /// The `sender`.
    pub sender: String,
    /// The `state_key` of a state event.
    pub state_key: Option<String>,
    /// Of a state event: the number of the event that held its key before.
    pub replaces: Option<i64>,
    /// Root of the state before the event.
    pub state_before: i64,
    /// Root of the state after it.
    pub state_after: i64,
    /// See [`EventFlags`].
    pub flags: i16,
    /// The number of the redaction that emptied it.
    pub redacted_by: Option<i64>,
    /// The device that sent it, if one of ours.
    pub device_id: Option<String>,
    /// The transaction id of that device's request.
    pub txn_id: Option<String>,
    /// The canonical PDU; the redacted form after a redaction.
    pub json: String,
    /// Whom it notifies.
    #[diesel(embed)]
    pub counted: EventCounts,
}

/// How an event counts for those who have not read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct EventCounts {
    /// How many events of the room notify under the predefined rules, up to this one and with it.
    pub notifications: i64,
    /// How many of them highlight.
    pub highlights: i64,
    /// Which of the rules notifies of this one those whom it does not name, see `events::push::Default`; 0 none.
    pub push_rule: i16,
}

/// An event that has its place in the one order.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Its place in the one order; negative for history that arrived late.
    pub position: i64,
    /// The event.
    pub row: Arc<EventRow>,
}

impl Deref for StoredEvent {
    type Target = EventRow;

    fn deref(&self) -> &EventRow {
        &self.row
    }
}

impl From<(i64, EventRow)> for StoredEvent {
    fn from((position, row): (i64, EventRow)) -> Self {
        Self { position, row: Arc::new(row) }
    }
}

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

    /// Whether all bits of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether clients may be given the event.
    pub fn is_visible(self) -> bool {
        self.0 & (Self::OUTLIER.0 | Self::REJECTED.0 | Self::SOFT_FAILED.0) == 0
    }
}

/// A row of `events`, but for its position, which it gets when it is written.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct EventRow {
    /// Its number, taken before it is written.
    pub nid: i64,
    /// The number of its room.
    pub room: i64,
    /// Its depth in the room's graph.
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

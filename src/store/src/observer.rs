//! Those who must know of a commit before its callers do.

use std::sync::Arc;

use crate::{
    LogEntry,
    rooms::{EventFlags, EventRow},
};

/// One committed transaction.
#[derive(Debug, Default)]
pub struct Committed {
    /// The newest position after it.
    pub position: i64,
    /// What happened, in order.
    pub entries: Vec<LogEntry>,
    /// The events it appended, in order, with their positions.
    pub events: Vec<(i64, Arc<EventRow>)>,
    /// Events that it redacted: (room, event) numbers. Cached copies are wrong now.
    pub redacted: Vec<(i64, i64)>,
    /// Events known before whose flags are others now: outliers that got their place, events to which others relate. Their
    /// numbers, and the flags that they have now. Cached copies are wrong now.
    pub flagged: Vec<(i64, EventFlags)>,
    /// The numbers of the rooms in which memberships changed, of whomever and by whatever event.
    pub moved: Vec<i64>,
    /// The numbers of the rooms that were appended to.
    pub appended: Vec<i64>,
    /// Whose unread counts in which room its events changed otherwise than for all: (room, user). Redactions not counted.
    pub recounted: Vec<(i64, String)>,
    /// The numbers of the rooms whose current state changed.
    pub restated: Vec<i64>,
    /// Whether there are events among them that are to be sent to other servers.
    pub outgoing: bool,
}

/// Is told of each commit, in order, on the writer's thread and before the callers are answered. So a cache that
/// follows this way is never behind what a client has been told. It must be quick and must not wait.
pub trait Observer: Send + Sync {
    /// Takes note of one commit.
    fn committed(&self, committed: &Committed);
}

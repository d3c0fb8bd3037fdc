//! Reading rooms for other servers.
//!
//! Whatever leaves here is of a room that the asking server is in, and whose ACL does not shut it out ([`ServerSight`]).
//! States and auth chains go whole, for without them no server can judge what comes next. Of history, what a server may
//! not see leaves redacted ([`visibility`]): it keeps its place in the graph, its id and its signatures.

mod auth_chain;
mod backfill;
mod event;
mod event_auth;
mod hierarchy;
mod missing_events;
mod pdu;
mod sight;
mod state;
mod timestamp;
mod visibility;
mod whole;

pub(crate) use auth_chain::auth_chain;
pub use hierarchy::SpaceForServer;
pub use missing_events::MissingEvents;
pub use state::{ServerState, ServerStateIds};

use sight::ServerSight;

use crate::Error;

fn no_such_event(event_id: &str) -> Error {
    Error::NotFound(format!("the room has no event {event_id}"))
}

#[cfg(test)]
mod tests;

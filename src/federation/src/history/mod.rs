//! The past of rooms, as far as it is not here: asked of other servers, checked, and handed to `rooms`.
//!
//! [`peers`] is what can be asked, [`servers`] whom. An event whose previous events are missing gets them ([`gap`]), or
//! else the state before it ([`state`]); what allowed it is fetched by [`auth`]. [`clients`] reads
//! rooms for users, and where they look at what is not here, it is fetched first: pages by [`backfill`], single events by
//! [`pull`]. Of what is rejected, and of what gets no place, only some is kept ([`rejected`], [`outliers`]).
//!
//! Others may answer anything: what they give counts only if it is what was asked for, by its computed id and in its own
//! room, and as a [`VerifiedPdu`](events::VerifiedPdu). Whatever grows is bounded by a number and by time.

mod auth;
mod backfill;
mod checks;
mod clients;
mod complete;
mod errands;
mod fetch;
mod gap;
mod outliers;
mod peers;
mod pull;
mod rejected;
mod servers;
mod state;
#[cfg(test)]
mod tests;
mod turns;

use std::sync::Arc;

use rooms::Rooms;
use ruma::{OwnedServerName, RoomId, ServerName, room_version_rules::RoomVersionRules};

pub(crate) use checks::Check;
pub(crate) use peers::Peers;
#[cfg(test)]
pub(crate) use peers::{Events, StateIds};

use crate::client::Places;

/// Large states and auth chains that are fetched at the same time: each may have 64 megabytes.
const LARGE_AT_ONCE: usize = 4;

/// What [`History`] is made of.
pub(crate) struct Options {
    /// Rooms.
    pub rooms: Rooms,
    /// Those who can be asked.
    pub peers: Arc<dyn Peers>,
    /// Checks what they answer.
    pub checks: Arc<dyn Check>,
    /// The name of this server.
    pub server_name: OwnedServerName,
    /// Where goes on what a client does not wait for any longer.
    pub runtime: tokio::runtime::Handle,
}

/// Asks others for history. Cheap to clone.
#[derive(Clone)]
pub(crate) struct History {
    options: Arc<Options>,
    turns: Arc<turns::Turns>,
    rejected: Arc<rejected::Rejected>,
    outliers: Arc<outliers::Outliers>,
    large: Arc<Places>,
}

/// A room, and a server that is asked about it.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub room_id: &'a RoomId,
    pub rules: &'static RoomVersionRules,
    pub server: &'a ServerName,
    pub told: Told,
}

/// What a state that the server tells must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It can be had and verified to the last event.
    Whole,
    /// A little of it may be missing, where nobody has it whole.
    InPart,
}

impl History {
    /// Asks nothing yet.
    pub fn new(options: Options) -> Self {
        let (turns, rejected, outliers) = (Arc::default(), Arc::default(), Arc::default());
        Self { options: Arc::new(options), turns, rejected, outliers, large: Arc::new(Places::new(LARGE_AT_ONCE)) }
    }

    fn rooms(&self) -> &Rooms {
        &self.options.rooms
    }

    fn peers(&self) -> &dyn Peers {
        &*self.options.peers
    }
}

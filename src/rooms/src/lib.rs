//! Rooms: create, send, membership, state, history, and who may see what.
//!
//! Here lives what makes an event part of a room: one lane per active room builds the next events on the room's head
//! and hands finished rows to the store. Reading a room for a client or another server goes through here too, for the
//! one visibility filter is here. No HTTP, no database language, no network: what is needed of other servers is asked
//! for through small traits.

mod acl;
mod cache;
pub mod create;
mod error;
pub mod foreign;
mod lane;
mod membership;
pub mod moderation;
pub mod policy;
mod power;
pub mod read;
pub mod receipts;
mod receive;
pub mod relations;
mod reserved_alias;
mod rooms;
mod send;
mod state_keys;
#[cfg(test)]
mod testing;
mod upgrade;
mod user_rules;

pub use acl::ServerAcl;
pub use cache::{EventCache, event_id, parse};
pub use error::{Error, Result};
pub use lane::{Origin, Sent};
pub use read::{ClientForm, Reader, Related, Seen, Token, Viewer, is_for_clients, visible};
pub use receive::{Adoption, Gap, Missing, Received};
pub use rooms::{Options, Rooms, rules_of};

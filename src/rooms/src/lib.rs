//! Rooms: create, send, membership, state, history, and who may see what.
//!
//! Here lives what makes an event part of a room: one lane per active room builds the next events on the room's head
//! and hands finished rows to the store. Reading a room for a client or another server goes through here too, for the
//! one visibility filter is here. No HTTP, no database language, no network: what is needed of other servers is asked
//! for through small traits.

mod cache;
pub mod create;
mod error;
mod lane;
mod membership;
mod power;
pub mod read;
mod receive;
mod rooms;
mod send;
mod state_keys;
mod upgrade;
mod users;

pub use cache::{EventCache, event_id, parse};
pub use error::{Error, Result};
pub use lane::{Origin, Sent};
pub use read::{ClientForm, Reader, Related, Seen, Token, Viewer, visible};
pub use receive::{Missing, Received};
pub use rooms::{Options, Rooms, rules_of};
pub use users::Users;

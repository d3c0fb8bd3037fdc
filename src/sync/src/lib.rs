//! Syncing: what is new for a user, told at once or as soon as there is something.
//!
//! Here lives `/sync`: who must be woken by which commit, which events and states an answer tells, and its JSON. An
//! answer is made within one snapshot of the store; where nothing is new for a user the database is not asked at all.
//! Who types and who is online is known here, too, for it lives only as long as it is told.
//! What an event means belongs to the rooms, what a user has set up to the accounts; nothing here writes but
//! what is left of presence, and nothing knows of HTTP.

mod answer;
mod compute;
mod ephemeral;
mod error;
mod events;
mod filter;
mod follow;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod poll;
mod request;
mod syncs;
mod tell;
mod tend;
mod token;

pub use ephemeral::{EphemeralChange, HeardPresence, PresenceContent, PresenceState};
pub use error::{Error, Result};
pub use follow::Follower;
pub use request::{Request, StateForm};
pub use syncs::{Options, Syncs};

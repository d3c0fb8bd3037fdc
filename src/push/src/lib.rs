//! Push: what notifies whom, as users set it and see it.
//!
//! Here live the push rules as users change them, unread counts for `/sync`, the list of notifications, and the pushers
//! with the follower that delivers to their gateways. What rules mean is in `events::push`; new events are judged in the
//! lanes of `rooms`, and what follows is written with them. No HTTP server and no SQL here; the only connections made
//! are those to push gateways.

pub mod counts;
mod deliver;
mod error;
mod foreign;
mod notifications;
mod notified;
mod push;
mod pushers;
pub mod rules;

pub use deliver::Wakes;
pub use error::{Error, Result};
pub use notifications::{Notification, NotificationPage};
pub use push::{Options, Push};
pub use pushers::NewPusher;

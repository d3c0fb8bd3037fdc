//! What is known of other servers, what they have sent, and what they are to be sent.

pub mod destinations;
pub mod old_signing_keys;
pub mod outbox;
pub mod outgoing;
mod prune;
pub mod received_messages;
mod record;
pub mod room_servers;
#[cfg(test)]
mod sending_plans;
#[cfg(test)]
mod sending_tests;
pub mod server_keys;
pub mod staged;
mod strangers;

pub use prune::prune;
pub(crate) use record::{record_outgoing, record_servers};
pub use strangers::forget_strangers;

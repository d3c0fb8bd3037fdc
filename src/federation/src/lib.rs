//! Other servers: how they are found, asked and told, and what they may ask and tell.
//!
//! Here lives all that the network makes necessary: discovery, the signing client, the keys of others, the checks on
//! signatures, joining and inviting over the network, transactions in both directions, what is fetched from others
//! because it is missing here, and what clients want to know of them. What an event means for its room is decided in
//! `rooms`, what a key means in `e2ee`; nothing here knows how requests come in over HTTP, which is `api`'s business, and
//! nothing knows SQL.

pub mod client;
mod devices;
mod discovery;
mod edus;
mod error;
mod federation;
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod history;
mod incoming;
pub mod keys;
mod lasting;
mod lookup;
mod membership;
mod policy;
mod reads;
pub mod sender;
mod start;
#[cfg(test)]
mod testing;
mod verify;

pub use error::{Error, Result};
pub use federation::{Federation, Options};
pub use files::Fetched;
pub use incoming::{Answer, Transaction};
pub use lookup::PublicRoomsElsewhere;
pub use reads::{Cost, Reading};
pub use verify::{Checked, Checks, Verifier};

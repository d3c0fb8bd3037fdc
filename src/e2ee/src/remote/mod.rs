//! Keys of users of other servers: what other servers say of them is checked, and kept as long as a room is shared
//! (server-server § Device Management).
//!
//! Nothing here speaks with anybody: the federation crate asks, and brings the answers and the news.

mod bounds;
mod check;
mod device_update;
mod lists;
mod queue;
mod signing_key_update;
#[cfg(test)]
mod tests;

pub use check::{TheirClaims, TheirDevice, TheirKeys, check_claims};
pub use device_update::DeviceUpdate;
pub use lists::{Followed, Looked};
pub use signing_key_update::SigningKeyUpdate;

//! What a server does for end-to-end encryption, of which it cannot read anything.
//!
//! Here live the keys of devices and users: what makes one valid, who is given which, who may see which signature; the
//! device lists: whose keys a client must fetch anew; messages between devices; backups of room keys; and the devices
//! that never log in. Nothing here decrypts, and nothing knows of HTTP or SQL: the rows are the store's, and [`Error`]
//! names the Matrix error that `api` writes. Messages go to devices of other servers through their outboxes. Nor does
//! anything here ask other servers: what they say comes through the federation crate, is checked in [`remote`], and kept
//! as long as a room is shared with the user.

pub mod dehydrated_device;
pub mod device_lists;
mod e2ee;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod ids;
pub mod key_backup;
mod key_cache;
pub mod keys;
pub mod remote;
mod signatures;
mod signed;
#[cfg(test)]
mod testing;
pub mod to_device;

pub use e2ee::{E2ee, Options};
pub use error::{Error, Result};
pub use key_cache::KeyCache;

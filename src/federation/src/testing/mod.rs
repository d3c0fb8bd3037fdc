//! What tests of this crate stand on: a server without network, and another server's part of a room.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod lists;
mod peer;
mod policy;
mod server;

pub(crate) use lists::{Lists, device_keys};
pub(crate) use peer::{Draft, Keys, Peer, message, raw, state};
pub(crate) use policy::{Mood, PolicyPeer};
pub(crate) use server::{Server, user};

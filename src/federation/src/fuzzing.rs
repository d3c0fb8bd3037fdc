//! What the targets of `tests/fuzz` call, and nobody else.

use std::time::Duration;

use http::HeaderMap;
use ruma::{OwnedRoomId, OwnedServerName, ServerName};
use serde_json::value::RawValue;

pub use crate::keys::fuzzing::{Told, server_keys};
use crate::{discovery::well_known, incoming};

/// Reads a `.well-known` file.
///
/// # Errors
/// What is wrong with it.
pub fn well_known(body: &[u8]) -> Result<OwnedServerName, String> {
    well_known::parse(body)
}

/// How long such a file is good.
pub fn lifetime(headers: &HeaderMap) -> Duration {
    well_known::lifetime(headers)
}

/// The events of a transaction by their rooms.
pub fn sorted(origin: &ServerName, pdus: Vec<Box<RawValue>>) -> Vec<(OwnedRoomId, Vec<Box<RawValue>>)> {
    incoming::sorted(origin, pdus)
}

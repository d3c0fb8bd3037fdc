//! What the targets of `tests/fuzz` call, and nobody else.

use std::time::Duration;

use http::HeaderMap;
use ruma::OwnedServerName;

use crate::discovery::well_known;
pub use crate::keys::fuzzing::{Told, server_keys};

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

//! What the targets of `tests/fuzz` call, and nobody else.

use serde_json::{Map, Value};

use super::parse;
use crate::Result;

/// Whether a body is one JSON object and nothing more.
///
/// # Errors
/// What a client is told.
pub fn check_object(body: &[u8]) -> Result<()> {
    parse::check_object(body)
}

/// Reads a body.
///
/// # Errors
/// What a client is told.
pub fn object(body: &[u8]) -> Result<Map<String, Value>> {
    parse::object(body)
}

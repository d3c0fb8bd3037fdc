//! What the targets of `tests/fuzz` call, and nobody else.

use serde_json::{Map, Value};

pub use super::x_matrix::XMatrix;
use super::{parse, x_matrix::read};
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

/// Reads the headers that sign a request.
///
/// # Errors
/// What another server is told.
pub fn x_matrix(headers: &http::HeaderMap) -> Result<Vec<XMatrix>> {
    read(headers)
}

//! What the targets of `tests/fuzz` call, and nobody else.

use std::time::Duration;

use http::HeaderMap;
use ruma::{OwnedRoomId, OwnedServerName, ServerName};
use serde_json::value::RawValue;

use crate::{
    discovery::{lifetime, well_known},
    files::multipart::Multipart,
    incoming,
};
pub use crate::{
    keys::fuzzing::{Told, server_keys},
    membership::fuzzing::{Elements, shown, told},
};

/// Reads a `.well-known` file.
///
/// # Errors
/// What is wrong with it.
pub fn well_known(body: &[u8]) -> Result<OwnedServerName, String> {
    well_known::parse(body)
}

/// How long such a file is good; `now` in milliseconds.
pub fn lifetime(headers: &HeaderMap, now: i64) -> Duration {
    lifetime::of(headers, now)
}

/// A file, and its content type, its name and where else it is.
pub type Parts = (Vec<u8>, [Option<String>; 3]);

/// Reads a body of this type, handed on in pieces of so many bytes: the file, and what is said of it; nothing where it does
/// not end.
///
/// # Errors
/// What is wrong with it.
pub fn parts(kind: &str, body: &[u8], piece: usize) -> Result<Option<Parts>, &'static str> {
    let (mut parts, mut file) = (Multipart::new(kind)?, Vec::new());
    for piece in body.chunks(piece.max(1)) {
        file.extend(parts.push(piece)?);
    }
    let headers = parts.headers().filter(|_| parts.is_complete()).cloned();
    Ok(headers.map(|headers| (file, [headers.content_type, headers.file_name, headers.location])))
}

/// The events of a transaction by their rooms.
pub fn sorted(origin: &ServerName, pdus: Vec<Box<RawValue>>) -> Vec<(OwnedRoomId, Vec<Box<RawValue>>)> {
    incoming::sorted(origin, pdus)
}

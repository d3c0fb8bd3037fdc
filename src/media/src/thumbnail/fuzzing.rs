//! What the targets of `tests/fuzz` call, and nobody else.

use std::io::Cursor;

use super::{
    make::{self, Limits, Made},
    size,
};
use crate::{Result, Wanted};

/// Makes a thumbnail of a picture of at most so many pixels: its file, none where the picture is its own thumbnail, and
/// the content type.
///
/// # Errors
/// As [`Media::thumbnail`](crate::Media::thumbnail).
pub fn thumbnail(picture: &[u8], wanted: Wanted, pixels: u64) -> Result<(Option<Vec<u8>>, &'static str)> {
    let key = size::normal(wanted)?;
    Ok(match make::make(&mut Cursor::new(picture), picture.len() as u64, key, Limits { pixels })? {
        Made::Original(content_type) => (None, content_type),
        Made::Picture { bytes, content_type } => (Some(bytes), content_type),
    })
}

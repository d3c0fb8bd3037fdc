//! What the targets of `tests/fuzz` call, and nobody else.

use super::range::{self, Part};

/// The bytes of a file that a `Range` asks for: from the first to before the last; all where it is not understood.
pub fn part(range: &str, size: u64) -> (u64, u64) {
    match range::part(range, size) {
        Part::Whole => (0, size),
        Part::Bytes { start, end } => (start, end),
        Part::Nothing => (0, 0),
    }
}

/// The type under which a file is sent.
pub fn safe_type(content_type: &str) -> &str {
    super::disposition::safe_type(content_type)
}

/// The `Content-Disposition` of a file.
pub fn disposition(content_type: &str, name: Option<&str>) -> String {
    super::disposition::disposition(content_type, name)
}

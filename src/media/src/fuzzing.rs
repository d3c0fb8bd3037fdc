//! What the targets of `tests/fuzz` call, and nobody else.

pub use crate::thumbnail::fuzzing::thumbnail;

use crate::Label;

/// What is kept of what an uploader says: the content type and the file name.
pub fn kept(label: &Label) -> (String, Option<String>) {
    (label.content_type(), label.file_name())
}

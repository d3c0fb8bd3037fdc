//! What the targets of `tests/fuzz` call, and nobody else.

use store::search::Part;

pub use crate::find::fuzzing::{highlights, rank, token};

/// The words of a text for the index.
pub fn words(text: &str) -> Vec<String> {
    crate::words::words(text)
}

/// What a search for a text looks for, and whether that is more than one may look for.
pub fn parts(text: &str) -> (Vec<Part>, bool) {
    let parts = crate::words::parts(text);
    let too_many = crate::words::too_many(&parts);
    (parts, too_many)
}

//! The last part of an mxc URI (client-server §matrix-content-mxc-uris).

use peerbrain_core::{Random, random};

/// Characters of an id that we make: 142 bits. Whoever knows an id can fetch what it stands for.
const CHARS: usize = 24;
/// Characters of an id that anybody may have made.
const MOST_CHARS: usize = 255;

/// A new id.
pub(crate) fn new(random: &dyn Random) -> String {
    random::token(random, CHARS)
}

/// Whether it may be an id at all: letters, digits, `_` and `-`.
pub(crate) fn is_valid(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=MOST_CHARS).contains(&text.len()) && text.bytes().all(allowed)
}

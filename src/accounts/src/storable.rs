//! What both databases can keep as text: PostgreSQL refuses zero bytes.

use crate::{Error, Result};

/// Whether a text can be stored. What cannot be stored is also in no row, so nobody need look for it.
pub(crate) fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// # Errors
/// [`Error::InvalidParam`] for a text that cannot be stored.
pub(crate) fn check_storable(text: &str) -> Result<()> {
    if is_storable(text) { Ok(()) } else { Err(Error::invalid_param("zero bytes are not allowed here")) }
}

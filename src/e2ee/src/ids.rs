//! Names in requests.

use peerbrain_core::limits::ID_BYTES;

use crate::{Error, Result};

/// Whether a text can be a name in the database: both databases keep all but zero bytes, and no name is longer. What
/// cannot be stored is also in no row, so nobody need look for it.
pub(crate) fn is_storable(name: &str) -> bool {
    name.len() <= ID_BYTES && !name.contains('\0')
}

/// Takes `<algorithm>:<key id>` apart.
///
/// # Errors
/// [`Error::InvalidParam`] for what is of another form.
pub(crate) fn algorithm_and_id(name: &str) -> Result<(&str, &str)> {
    let parts = name.split_once(':').filter(|(algorithm, id)| !algorithm.is_empty() && !id.is_empty());
    match parts {
        Some(parts) if is_storable(name) => Ok(parts),
        _ => Err(Error::invalid_param("the name of a key must be of the form <algorithm>:<key id>")),
    }
}

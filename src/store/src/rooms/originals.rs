//! What redacted events said.

use diesel::prelude::*;

use crate::{Result, Tx, schema::event_originals};

/// Forgets what events said that were redacted before this time, in milliseconds since 1970. Gives how many.
pub fn forget_originals(tx: &mut Tx<'_>, before: i64) -> Result<usize> {
    let old = event_originals::table.filter(event_originals::redacted_at.lt(before));
    Ok(diesel::delete(old).execute(tx.conn())?)
}

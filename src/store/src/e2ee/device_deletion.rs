//! What goes with a device when it is deleted, in the same transaction.

use diesel::prelude::*;

use super::device_list_changes;
use crate::{
    Result, Tx,
    schema::{
        dehydrated_devices, device_keys, fallback_keys, one_time_keys, to_device_messages, to_device_transactions,
    },
};

/// Deletes what belongs to these devices of a user.
pub(crate) fn delete_of_devices(tx: &mut Tx<'_>, user_id: &str, device_ids: &[String]) -> Result<()> {
    macro_rules! delete_from {
        ($table:ident) => {{
            let of_user = $table::table.filter($table::user_id.eq(user_id));
            diesel::delete(of_user.filter($table::device_id.eq_any(device_ids))).execute(tx.conn())?
        }};
    }
    delete_from!(one_time_keys);
    delete_from!(fallback_keys);
    delete_from!(to_device_messages);
    delete_from!(to_device_transactions);
    delete_from!(dehydrated_devices);
    if delete_from!(device_keys) > 0 {
        device_list_changes::note(tx, user_id)?;
    }
    Ok(())
}

/// Deletes what belongs to all devices of a user but `keep`, which is empty where none is kept.
pub(crate) fn delete_of_all_devices(tx: &mut Tx<'_>, user_id: &str, keep: &str) -> Result<()> {
    macro_rules! delete_from {
        ($table:ident) => {{
            let of_user = $table::table.filter($table::user_id.eq(user_id));
            diesel::delete(of_user.filter($table::device_id.ne(keep))).execute(tx.conn())?
        }};
    }
    delete_from!(one_time_keys);
    delete_from!(fallback_keys);
    delete_from!(to_device_messages);
    delete_from!(to_device_transactions);
    delete_from!(dehydrated_devices);
    if delete_from!(device_keys) > 0 {
        device_list_changes::note(tx, user_id)?;
    }
    Ok(())
}

//! Devices that never log in (MSC3814), one for each user. Beside its row here each has one in `devices`.

use diesel::{prelude::*, upsert::excluded};

use crate::{Conn, Result, Tx, connection::both, schema::dehydrated_devices};

/// A row of `dehydrated_devices`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = dehydrated_devices)]
pub struct DehydratedDeviceRow {
    /// Whose it is.
    pub user_id: String,
    /// Its id.
    pub device_id: String,
    /// Its private keys, encrypted, as a JSON object.
    pub device_data: String,
}

/// The device of a user.
pub fn get(conn: &mut Conn, user_id: &str) -> Result<Option<DehydratedDeviceRow>> {
    let device = dehydrated_devices::table.find(user_id);
    Ok(device.select(DehydratedDeviceRow::as_select()).get_result(conn).optional()?)
}

/// Whether a device is one that never logs in.
pub fn is_dehydrated(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<bool> {
    let found: Option<String> =
        dehydrated_devices::table.find(user_id).select(dehydrated_devices::device_id).get_result(conn).optional()?;
    Ok(found.is_some_and(|found| found == device_id))
}

/// Sets the device of a user. [`devices::delete`](crate::accounts::devices::delete) takes it away.
pub fn set(tx: &mut Tx<'_>, row: &DehydratedDeviceRow) -> Result<()> {
    both!(tx.conn(), c => diesel::insert_into(dehydrated_devices::table)
        .values(row)
        .on_conflict(dehydrated_devices::user_id)
        .do_update()
        .set((
            dehydrated_devices::device_id.eq(excluded(dehydrated_devices::device_id)),
            dehydrated_devices::device_data.eq(excluded(dehydrated_devices::device_data)),
        ))
        .execute(c))?;
    Ok(())
}

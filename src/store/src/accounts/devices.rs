//! Devices of users.

use diesel::{dsl::count_star, prelude::*};

use crate::{
    Conn, LogKind, Result, Tx, e2ee, push,
    schema::{devices, tokens},
};

/// Which devices of a user go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    /// These.
    These(&'a [String]),
    /// All but this one.
    AllBut(&'a str),
}

/// Deletes what a table with the columns `user_id` and `device_id` has of devices of a user; gives the number of rows.
macro_rules! delete_of_devices {
    ($tx:expr, $table:ident, $user_id:expr, $which:expr) => {{
        let of_user = $table::table.filter($table::user_id.eq($user_id));
        match $which {
            $crate::accounts::devices::Which::These(ids) => {
                diesel::delete(of_user.filter($table::device_id.eq_any(ids))).execute($tx.conn())?
            }
            $crate::accounts::devices::Which::AllBut(keep) => {
                diesel::delete(of_user.filter($table::device_id.ne(keep))).execute($tx.conn())?
            }
        }
    }};
}
pub(crate) use delete_of_devices;

/// A row of `devices`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = devices, treat_none_as_default_value = false)]
pub struct DeviceRow {
    /// Whose it is.
    pub user_id: String,
    /// Its id, unique for the user.
    pub device_id: String,
    /// What the user calls it.
    pub display_name: Option<String>,
    /// When it first logged in, in milliseconds since 1970.
    pub created_at: i64,
    /// When it last made a request, to within a minute or so.
    pub last_seen_at: Option<i64>,
    /// The address of that request.
    pub last_seen_ip: Option<String>,
    /// The `User-Agent` of that request.
    pub last_seen_agent: Option<String>,
}

/// The newest request of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSeen {
    /// Whose device.
    pub user_id: String,
    /// Which one.
    pub device_id: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// From which address.
    pub ip: Option<String>,
    /// With which program.
    pub agent: Option<String>,
}

/// The devices of a user, in the order of their ids.
pub fn list(conn: &mut Conn, user_id: &str) -> Result<Vec<DeviceRow>> {
    let query = devices::table.filter(devices::user_id.eq(user_id)).order(devices::device_id);
    Ok(query.select(DeviceRow::as_select()).load(conn)?)
}

/// One device.
pub fn get(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<Option<DeviceRow>> {
    let query = devices::table.find((user_id, device_id)).select(DeviceRow::as_select());
    Ok(query.get_result(conn).optional()?)
}

/// How many devices a user has.
pub fn count(conn: &mut Conn, user_id: &str) -> Result<i64> {
    Ok(devices::table.filter(devices::user_id.eq(user_id)).select(count_star()).get_result(conn)?)
}

/// Adds a device that is not there yet.
pub fn insert(tx: &mut Tx<'_>, row: &DeviceRow) -> Result<()> {
    diesel::insert_into(devices::table).values(row).execute(tx.conn())?;
    tx.log(LogKind::Devices, None, Some(&row.user_id), None);
    Ok(())
}

/// Gives a device another name. False where there is no such device.
pub fn rename(tx: &mut Tx<'_>, user_id: &str, device_id: &str, display_name: &str) -> Result<bool> {
    let device = devices::table.find((user_id, device_id));
    let changed = diesel::update(device).set(devices::display_name.eq(display_name)).execute(tx.conn())?;
    if changed == 1 {
        tx.log(LogKind::Devices, None, Some(user_id), None);
        // The name is told beside the keys.
        if e2ee::device_keys::get(tx.conn(), user_id, device_id)?.is_some() {
            let devices = &[device_id.to_owned()];
            e2ee::announce(tx, user_id, e2ee::Changed { devices, ..e2ee::Changed::default() })?;
        }
    }
    Ok(changed == 1)
}

/// Deletes these devices and their tokens; those that are not there count as deleted.
pub fn delete(tx: &mut Tx<'_>, user_id: &str, device_ids: &[String]) -> Result<()> {
    delete_which(tx, user_id, Which::These(device_ids))
}

/// Deletes all devices of the user and their tokens, but for `keep`.
pub fn delete_all(tx: &mut Tx<'_>, user_id: &str, keep: Option<&str>) -> Result<()> {
    // No device has an empty id, so this keeps nothing where nothing is to be kept.
    delete_which(tx, user_id, Which::AllBut(keep.unwrap_or_default()))
}

fn delete_which(tx: &mut Tx<'_>, user_id: &str, which: Which<'_>) -> Result<()> {
    delete_of_devices!(tx, tokens, user_id, which);
    let gone = delete_of_devices!(tx, devices, user_id, which);
    e2ee::delete_of_devices(tx, user_id, which)?;
    push::delete_of_devices(tx, user_id, which)?;
    if gone > 0 {
        tx.log(LogKind::Devices, None, Some(user_id), None);
        tx.log(LogKind::Account, None, Some(user_id), None);
    }
    Ok(())
}

/// Notes the newest requests of many devices. Nobody waits for it, so it is not logged.
pub fn note_seen(tx: &mut Tx<'_>, seen: &[LastSeen]) -> Result<()> {
    for seen in seen {
        let device = devices::table.find((&seen.user_id, &seen.device_id));
        diesel::update(device)
            .set((
                devices::last_seen_at.eq(seen.at),
                devices::last_seen_ip.eq(&seen.ip),
                devices::last_seen_agent.eq(&seen.agent),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

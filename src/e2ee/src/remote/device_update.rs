//! `m.device_list_update`: one device of a user is another now (server-server § Device Management).

use ruma::OwnedUserId;
use serde_json::value::RawValue;
use store::{
    Conn, Tx,
    e2ee::{RemoteDeviceRow, device_list_changes, remote_device_lists, remote_devices, sharing},
};

use super::{
    TheirDevice,
    bounds::{DEVICES, DEVICES_BYTES, PREVIOUS},
    check::check_device,
};
use crate::{E2ee, Error, Result, ids::is_storable};

/// What a server tells of a device of a user of its own.
#[derive(Clone, Debug)]
pub struct DeviceUpdate {
    /// The user.
    pub user_id: OwnedUserId,
    /// The device.
    pub device_id: String,
    /// The change as its server counts them.
    pub stream_id: i64,
    /// The changes before it.
    pub previous: Vec<i64>,
    /// Whether the device is gone.
    pub deleted: bool,
    /// What it is called.
    pub display_name: Option<String>,
    /// Its keys; none of one that has none.
    pub keys: Option<Box<RawValue>>,
}

/// A change that can be applied.
struct Checked {
    user_id: String,
    device_id: String,
    stream_id: i64,
    previous: Vec<i64>,
    device: Option<RemoteDeviceRow>,
}

impl E2ee {
    /// Applies a change to the list of a user, if it is here and nothing is missing between. Gives whether the server is to
    /// be asked for the whole list.
    ///
    /// # Errors
    /// For keys that are of another device, or too large.
    pub async fn hear_device_update(&self, update: DeviceUpdate) -> Result<bool> {
        let DeviceUpdate { user_id, device_id, stream_id, previous, deleted, display_name, keys } = update;
        if device_id.is_empty() || !is_storable(&device_id) || !is_storable(user_id.as_str()) {
            return Err(Error::invalid_param("the id of the device or user is empty or too long"));
        }
        let keys = keys.filter(|_| !deleted);
        let device = keys.map(|keys| {
            check_device(user_id.as_str(), TheirDevice { device_id: device_id.clone(), display_name, keys })
        });
        let device = device.transpose()?;
        let checked = Checked { user_id: user_id.to_string(), device_id, stream_id, previous, device };
        Ok(self.store().write(move |tx| checked.write(tx)).await?)
    }
}

impl Checked {
    fn write(&self, tx: &mut Tx<'_>) -> store::Result<bool> {
        let user_id = self.user_id.as_str();
        let Some(row) = remote_device_lists::get(tx.conn(), user_id)? else {
            tell_sharing(tx, user_id)?;
            return Ok(false);
        };
        let known = row.stream_id.filter(|_| row.fresh);
        let is_old = known.is_some_and(|known| self.stream_id <= known);
        if is_old && self.is_here(tx.conn())? {
            return Ok(false);
        }
        let heard = device_list_changes::note(tx, user_id)?;
        // A server that was set up anew counts from the beginning again.
        if is_old || !known.is_some_and(|known| self.follows(known)) {
            remote_device_lists::outdated(tx, user_id, heard)?;
            return Ok(true);
        }
        self.apply(tx)?;
        remote_device_lists::advance(tx, user_id, self.stream_id)?;
        Ok(false)
    }

    /// Whether the device is here as it is said to be.
    fn is_here(&self, conn: &mut Conn) -> store::Result<bool> {
        let devices = remote_devices::of_users(conn, std::slice::from_ref(&self.user_id))?;
        Ok(devices.iter().find(|row| row.device_id == self.device_id) == self.device.as_ref())
    }

    /// Whether nothing is missing between a list and this change. One that refers to nothing may come after anything.
    fn follows(&self, known: i64) -> bool {
        !self.previous.is_empty() && self.previous.len() <= PREVIOUS && self.previous.iter().all(|id| *id <= known)
    }

    fn apply(&self, tx: &mut Tx<'_>) -> store::Result<()> {
        let (user_id, device_id) = (self.user_id.as_str(), self.device_id.as_str());
        let Some(device) = &self.device else { return remote_devices::delete(tx, user_id, device_id) };
        let (others, bytes) = remote_devices::size_of_others(tx.conn(), user_id, device_id)?;
        if others < DEVICES && bytes + device.json.len() <= DEVICES_BYTES {
            return remote_devices::insert(tx, std::slice::from_ref(device));
        }
        tracing::info!(user_id, device_id, "a device is one too many, and left out");
        Ok(())
    }
}

/// Has those of ours look again who share a room with a user whose list is not followed.
pub(super) fn tell_sharing(tx: &mut Tx<'_>, user_id: &str) -> store::Result<()> {
    if !sharing(tx.conn(), &[user_id.to_owned()])?.is_empty() {
        device_list_changes::note(tx, user_id)?;
    }
    Ok(())
}

//! `PUT /dehydrated_device`.

use std::{collections::BTreeMap, sync::Arc};

use accounts::NoDevice;
use peerbrain_core::limits::DEVICE_NAME_BYTES;
use ruma::UserId;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{
    Tx,
    accounts::{DeviceRow, devices},
    e2ee::{DehydratedDeviceRow, Usage, cross_signing, dehydrated_devices},
};

use crate::{
    E2ee, Error, Result,
    ids::is_storable,
    keys::{CheckedUpload, KeyUpload, Written},
};

/// Bytes of the private keys: those of a few hundred one-time keys.
const DEVICE_DATA_BYTES: usize = 256 << 10;

/// A dehydrated device as a client uploads it.
#[derive(Debug, Deserialize)]
pub struct DehydratedUpload {
    /// Its id.
    pub device_id: String,
    /// Its private keys, encrypted.
    pub device_data: Box<RawValue>,
    /// What it is called.
    pub initial_device_display_name: Option<String>,
    /// Its identity keys.
    pub device_keys: Box<RawValue>,
    /// Its one-time keys.
    pub one_time_keys: Option<BTreeMap<String, Box<RawValue>>>,
    /// Its fallback keys.
    pub fallback_keys: Option<BTreeMap<String, Box<RawValue>>>,
}

enum Outcome {
    Done,
    InUse,
    NoDevice(NoDevice),
}

impl E2ee {
    /// Gives the user this dehydrated device, in place of the one before.
    ///
    /// * `now`: the time in milliseconds since 1970.
    ///
    /// # Errors
    /// For keys that are not right, or where another device or a cross-signing key has its id. The one before stays then.
    pub async fn put_dehydrated_device(&self, user_id: &UserId, upload: DehydratedUpload, now: i64) -> Result<()> {
        check(&upload)?;
        let DehydratedUpload { device_id, device_data, initial_device_display_name, .. } = upload;
        let row = DeviceRow {
            user_id: user_id.to_string(),
            device_id: device_id.clone(),
            display_name: initial_device_display_name,
            created_at: now,
            last_seen_at: None,
            last_seen_ip: None,
            last_seen_agent: None,
        };
        let data = DehydratedDeviceRow {
            user_id: user_id.to_string(),
            device_id,
            device_data: Box::<str>::from(device_data).into(),
        };
        let keys = KeyUpload {
            device_keys: Some(upload.device_keys),
            one_time_keys: upload.one_time_keys,
            fallback_keys: upload.fallback_keys,
            old_fallback_keys: None,
        };
        let parts = Arc::new((row, data));
        let checking = parts.clone();
        let checked = self.store().read(move |conn| {
            let (user_id, device_id) = (&*checking.0.user_id, &*checking.0.device_id);
            let self_signing = cross_signing::get(conn, user_id, Usage::SelfSigning)?.map(|row| row.public_key);
            Ok(CheckedUpload::check(&keys, (user_id, device_id), None, self_signing.as_deref()))
        });
        let checked = checked.await??;
        match self.store().write(move |tx| write(tx, &parts.0, &parts.1, &checked)).await? {
            Outcome::Done => Ok(()),
            Outcome::InUse => Err(Error::invalid_param("another device of yours has this id")),
            Outcome::NoDevice(reason) => Err(Error::Forbidden(reason.to_string().into())),
        }
    }
}

fn check(upload: &DehydratedUpload) -> Result<()> {
    if upload.device_id.is_empty() || !is_storable(&upload.device_id) {
        return Err(Error::invalid_param("the device id is empty or too long"));
    }
    let name = upload.initial_device_display_name.as_deref().unwrap_or_default();
    if name.len() > DEVICE_NAME_BYTES {
        return Err(Error::too_large("the name of the device is too long"));
    }
    if name.contains('\0') {
        return Err(Error::invalid_param("the name of the device holds a zero byte"));
    }
    if !upload.device_data.get().starts_with('{') {
        return Err(Error::bad_json("device_data must be an object"));
    }
    if upload.device_data.get().len() > DEVICE_DATA_BYTES {
        return Err(Error::too_large("device_data is too large"));
    }
    Ok(())
}

fn write(
    tx: &mut Tx<'_>,
    device: &DeviceRow,
    data: &DehydratedDeviceRow,
    keys: &CheckedUpload,
) -> store::Result<Outcome> {
    let (user_id, device_id) = (device.user_id.as_str(), device.device_id.as_str());
    let before = dehydrated_devices::get(tx.conn(), user_id)?.map(|row| row.device_id);
    if before.as_deref() != Some(device_id) && devices::get(tx.conn(), user_id, device_id)?.is_some() {
        return Ok(Outcome::InUse);
    }
    if let Some(reason) = NoDevice::reason(tx.conn(), (user_id, device_id), before.is_none())? {
        return Ok(Outcome::NoDevice(reason));
    }
    if let Some(before) = before {
        devices::delete(tx, user_id, &[before])?;
    }
    devices::insert(tx, device)?;
    match keys.write(tx, user_id, device_id)? {
        Written::Done(_) => {}
        // A device without keys can be given any that were checked. As an error it undoes all of this.
        _ => return Err(store::Error::Corrupt("keys of a device that is not there".into())),
    }
    dehydrated_devices::set(tx, data)?;
    Ok(Outcome::Done)
}

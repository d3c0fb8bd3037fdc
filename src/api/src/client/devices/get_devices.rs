//! `GET /devices` and `GET /devices/{deviceId}`.

use std::sync::Arc;

use ruma::{
    MilliSecondsSinceUnixEpoch, UInt,
    api::client::device::{self, get_device, get_devices},
};

use crate::{App, Result, bridge::Ruma};

/// The caller's devices.
pub(super) async fn all(app: Arc<App>, request: Ruma<get_devices::v3::Request>) -> Result<get_devices::v3::Response> {
    let devices = app.accounts.devices(&request.caller.user_id).await?;
    Ok(get_devices::v3::Response::new(devices.into_iter().map(written).collect()))
}

/// One of the caller's devices.
pub(super) async fn one(app: Arc<App>, request: Ruma<get_device::v3::Request>) -> Result<get_device::v3::Response> {
    let device = app.accounts.device(&request.caller.user_id, &request.body.device_id).await?;
    Ok(get_device::v3::Response::new(written(device)))
}

fn written(device: accounts::Device) -> device::Device {
    let mut written = device::Device::new(device.device_id);
    written.display_name = device.display_name;
    written.last_seen_ip = device.last_seen_ip;
    let at = device.last_seen_at.and_then(|at| UInt::try_from(at).ok());
    written.last_seen_ts = at.map(MilliSecondsSinceUnixEpoch);
    written
}

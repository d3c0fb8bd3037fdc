//! What a request says of the device that it logs in.

use accounts::NewDevice;
use serde::Deserialize;

use crate::bridge::Call;

/// The parameters that all ways to log in share.
#[derive(Deserialize)]
pub(super) struct DeviceParameters {
    device_id: Option<String>,
    initial_device_display_name: Option<String>,
    refresh_token: Option<bool>,
}

impl DeviceParameters {
    /// The device, seen where the request came from.
    pub(super) fn into_device(self, call: &Call) -> NewDevice {
        NewDevice {
            device_id: self.device_id,
            display_name: self.initial_device_display_name,
            refresh: self.refresh_token.unwrap_or(false),
            ip: call.client.ip,
            user_agent: call.client.user_agent.clone(),
        }
    }
}

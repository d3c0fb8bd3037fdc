//! Devices.

mod delete_devices;
mod get_devices;
mod update_device;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .endpoint(get_devices::all)
        .endpoint(get_devices::one)
        .endpoint(update_device::update_device)
        .raw(Method::DELETE, v3_and_r0!("devices/{device_id}"), delete_devices::one)
        .raw(Method::POST, v3_and_r0!("delete_devices"), delete_devices::several)
}

//! `m.direct_to_device`: messages for devices of ours (server-server §send-to-device-messaging).

use e2ee::to_device::Received;
use ruma::{ServerName, api::federation::transactions::edu::DirectDeviceContent};

use crate::{Federation, Result, edus};

/// Delivers them.
pub(super) async fn receive(federation: &Federation, origin: &ServerName, content: DirectDeviceContent) -> Result<()> {
    let DirectDeviceContent { sender, ev_type, message_id, messages, .. } = content;
    edus::require_own(origin, &sender)?;
    let of_user = |devices: std::collections::BTreeMap<_, ruma::serde::Raw<_>>| {
        let of_device = |(device, content): (ruma::to_device::DeviceIdOrAllDevices, ruma::serde::Raw<_>)| {
            (device.to_string(), content.into_json())
        };
        devices.into_iter().map(of_device).collect()
    };
    let messages = messages.into_iter().map(|(user_id, devices)| (user_id, of_user(devices))).collect();
    let (event_type, message_id) = (ev_type.to_string(), message_id.to_string());
    let received = Received { sender, event_type, message_id, messages };
    Ok(federation.inner.e2ee.receive_to_devices(received).await?)
}

//! `m.device_list_update`: a user has a device more or less, or another one (server-server § Device Management).

use e2ee::remote::DeviceUpdate;
use ruma::{ServerName, api::federation::transactions::edu::DeviceListUpdateContent};

use super::require_own;
use crate::{Federation, Result};

/// Takes note of it.
pub(super) async fn receive(
    federation: &Federation,
    origin: &ServerName,
    content: DeviceListUpdateContent,
) -> Result<()> {
    require_own(origin, &content.user_id)?;
    let update = DeviceUpdate {
        user_id: content.user_id,
        device_id: content.device_id.to_string(),
        stream_id: content.stream_id.into(),
        previous: content.prev_id.into_iter().map(i64::from).collect(),
        deleted: content.deleted.unwrap_or(false),
        display_name: content.device_display_name,
        keys: content.keys.map(ruma::serde::Raw::into_json),
    };
    if federation.inner.e2ee.hear_device_update(update).await? {
        federation.inner.devices.wake();
    }
    Ok(())
}

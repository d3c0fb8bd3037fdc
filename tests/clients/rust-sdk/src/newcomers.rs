//! Users and rooms that the stories begin with.

use anyhow::Result;
use matrix_sdk::encryption::BackupDownloadStrategy::AfterDecryptionFailure;
use matrix_sdk::ruma::OwnedRoomId;
use matrix_sdk::ruma::api::client::room::create_room::v3::{Request, RoomPreset};
use matrix_sdk::ruma::events::InitialStateEvent;
use matrix_sdk::ruma::events::room::encryption::RoomEncryptionEventContent;

use crate::device::Device;
use crate::registration::register;
use crate::stage::{Stage, hex};

/// A registered user's first device, without an identity of its own yet.
pub async fn new_device(stage: &Stage, name: &str) -> Result<Device> {
    let password = hex(&rand::random::<[u8; 16]>());
    let user_id = register(stage, name, &password).await?;
    let device = Device::log_in(stage, user_id.as_str(), &password, "first device", AfterDecryptionFailure).await?;
    stage.same(format!("{name} logs in"), device.id(), &user_id)?;
    Ok(device)
}

/// Makes a private room in which all of `guests` are; gives its id once all see all.
pub async fn room_with(host: &Device, guests: &[&Device], encrypted: bool) -> Result<OwnedRoomId> {
    let mut request = Request::new();
    request.preset = Some(RoomPreset::PrivateChat);
    request.invite = guests.iter().map(|guest| guest.id().to_owned()).collect();
    if encrypted {
        let content = RoomEncryptionEventContent::with_recommended_defaults();
        request.initial_state = vec![InitialStateEvent::with_empty_state_key(content).to_raw_any()];
    }
    let room_id = host.client.create_room(request).await?.room_id().to_owned();
    for guest in guests {
        guest.client.join_room_by_id(&room_id).await?;
    }
    for device in guests.iter().chain([&host]) {
        device.joined(&room_id, guests.len() as u64 + 1).await?;
    }
    Ok(room_id)
}

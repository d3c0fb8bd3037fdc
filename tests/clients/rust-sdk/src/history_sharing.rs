//! Who is invited into an encrypted room reads what was said before (MSC4268): the inviter sends the keys in a bundle.

use anyhow::Result;
use matrix_sdk::RoomState;
use matrix_sdk::ruma::RoomId;

use crate::device::Device;
use crate::stage::{Stage, until_true};

/// Waits for the invite, and for the keys of the room's history if they were promised, and joins.
///
/// Keys that come while the SDK joins are lost: it looks for them after the join, and listens for them before. So are
/// those of an invite whose sender it has not stored yet: it calls the room one of invites a little earlier.
pub async fn accept_invite(device: &Device, room_id: &RoomId, with_history: bool) -> Result<()> {
    let invited = async || {
        let Some(room) = device.client.get_room(room_id) else { return Ok(false) };
        Ok(room.state() == RoomState::Invited && room.invite_details().await.is_ok())
    };
    until_true(format!("{device} is invited"), invited).await?;
    if with_history {
        let offered = async || Ok(device.bundles.lock().is_ok_and(|rooms| rooms.contains(room_id)));
        until_true(format!("{device} gets the keys of the history"), offered).await?;
    }
    device.client.join_room_by_id(room_id).await?;
    Ok(())
}

pub async fn share_history(stage: &Stage, alice: &Device, carol: &Device, room_id: &RoomId) -> Result<()> {
    alice.page_back(room_id).await?;
    let before = alice.texts(room_id).await?;
    alice.room(room_id)?.invite_user_by_id(carol.id()).await?;
    accept_invite(carol, room_id, true).await?;
    carol.joined(room_id, 3).await?;
    carol.page_back(room_id).await?;
    let read = until_true("carol reads the history", async || Ok(carol.texts(room_id).await? == before)).await;
    stage.check("carol reads what was said before she was invited", read.is_ok(), carol.unreadable(room_id).await?)?;
    stage.check("and there is some", before.len() > 3, before)?;
    carol.say(room_id, "thank you for the history").await?;
    alice.hears(room_id, "thank you for the history").await?;
    stage.check("and writes herself", true, ())
}

//! Old thoughts for new readers: their keys go, before the invite, to the cross-signed devices of whoever is let in
//! (Matrix v1.19, "Sharing keys between users"; MSC4268). The SDK does it, and does nothing where something is missing; so
//! what must be there is looked at before, and whether it came is looked at afterwards.

use std::time::{Duration, Instant};

use matrix_sdk::deserialized_responses::TimelineEventKind;
use matrix_sdk::room::MessagesOptions;
use matrix_sdk::ruma::events::room::history_visibility::HistoryVisibility;
use matrix_sdk::ruma::{UserId, uint};
use matrix_sdk::{Room, RoomState};

use crate::account::Account;
use crate::error::{Error, Result};
use crate::identity;

/// How long the keys of old thoughts are waited for once a timeline is joined.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long they are waited for before: most are there before the invite.
const BEFORE: Duration = Duration::from_secs(3);

/// What came of old thoughts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// There are none that are encrypted.
    NothingOld,
    /// They can be read: so many of the newest.
    Readable(u64),
    /// They cannot: no keys came.
    NoKeys,
}

/// Lets somebody into a timeline of ours: first the keys, then the invite.
///
/// # Errors
/// We or they are not cross-signed; their identity has changed; the server refuses.
pub async fn let_in(account: &Account, room: &Room, user_id: &UserId) -> Result<()> {
    if !account.is_vouched().await? {
        return Err(Error::NotLetIn);
    }
    identity::check(account, user_id).await?;
    has_cross_signed_device(account, user_id).await?;
    if matches!(room.history_visibility_or_default(), HistoryVisibility::Joined | HistoryVisibility::Invited) {
        return Err(Error::Sharing(
            "Old thoughts of this timeline are for nobody: its history is not shared.".to_owned(),
        ));
    }
    Ok(room.invite_user_by_id(user_id).await?)
}

async fn has_cross_signed_device(account: &Account, user_id: &UserId) -> Result<()> {
    let devices = account.client().encryption().get_user_devices(user_id).await?;
    if devices.devices().any(|device| device.is_cross_signed_by_owner()) {
        return Ok(());
    }
    Err(Error::NotCrossSigned(user_id.to_owned()))
}

/// Joins a timeline that somebody has let us into, and imports the keys of what was said before.
///
/// # Errors
/// The server refuses.
pub async fn come_in(account: &Account, room: &Room) -> Result<Imported> {
    // The SDK calls a room one of invites a little before it knows who invited.
    for _ in 0..10 {
        if room.state() != RoomState::Invited || room.invite_details().await.is_ok() {
            break;
        }
        account.sync_once(Duration::from_millis(300)).await?;
    }
    wait_for_bundle(account, room).await?;
    let room = account.client().join_room_by_id(room.room_id()).await?;
    account.sync_once(Duration::ZERO).await?;
    imported(account, &room).await
}

/// Keys that come while the SDK joins are lost, so those that are on their way are waited for.
async fn wait_for_bundle(account: &Account, room: &Room) -> Result<()> {
    let Ok(invite) = room.invite_details().await else { return Ok(()) };
    let Some(inviter) = invite.inviter else { return Ok(()) };
    let deadline = Instant::now() + BEFORE;
    while Instant::now() < deadline && !account.has_bundle(room.room_id(), inviter.user_id()) {
        account.sync_once(Duration::from_millis(300)).await?;
    }
    Ok(())
}

/// Looks whether old thoughts can be read, and waits for their keys if not.
///
/// # Errors
/// The server cannot be reached.
pub async fn imported(account: &Account, room: &Room) -> Result<Imported> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look(room).await? {
            Imported::NoKeys if Instant::now() < deadline => {
                account.sync_once(Duration::from_millis(500)).await?;
            }
            found => return Ok(found),
        }
    }
}

pub(crate) async fn look(room: &Room) -> Result<Imported> {
    let mut options = MessagesOptions::backward();
    options.limit = uint!(50);
    let page = room.messages(options).await?;
    let (mut readable, mut closed) = (0, 0);
    for event in &page.chunk {
        match event.kind {
            TimelineEventKind::Decrypted(_) => readable += 1,
            TimelineEventKind::UnableToDecrypt { .. } => closed += 1,
            TimelineEventKind::PlainText { .. } => {}
        }
    }
    Ok(match (readable, closed) {
        (0, 0) => Imported::NothingOld,
        (0, _) => Imported::NoKeys,
        (readable, _) => Imported::Readable(readable),
    })
}

//! A user's identity: cross-signing, secret storage, key backup; devices that come by emoji or recovery key, and ones that go.

use anyhow::{Context, Result};
use matrix_sdk::encryption::recovery::RecoveryState;
use matrix_sdk::encryption::{BackupDownloadStrategy, VerificationState};
use matrix_sdk::ruma::api::client::backup::get_latest_backup_info;
use matrix_sdk::ruma::api::client::uiaa::{AuthData, MatrixUserIdentifier, Password, UiaaInfo, UserIdentifier};
use matrix_sdk::ruma::api::error::ErrorKind;
use matrix_sdk::ruma::{DeviceId, RoomId, uint};

use crate::device::Device;
use crate::stage::{Stage, until_true};
use crate::verification::compare_emoji;

fn password(device: &Device, asked: &UiaaInfo) -> AuthData {
    let user = UserIdentifier::Matrix(MatrixUserIdentifier::new(device.id().to_string()));
    let mut password = Password::new(user, device.password.clone());
    password.session = asked.session.clone();
    AuthData::Password(password)
}

/// Cross-signing, secret storage and a key backup; gives the recovery key.
pub async fn set_up_recovery(stage: &Stage, device: &Device) -> Result<String> {
    let encryption = device.client.encryption();
    if let Err(refusal) = encryption.bootstrap_cross_signing(None).await {
        let asked = refusal.as_uiaa_response().with_context(|| format!("cross-signing: {refusal}"))?;
        encryption.bootstrap_cross_signing(Some(password(device, asked))).await?;
    }
    let whole = encryption.cross_signing_status().await.is_some_and(|status| status.is_complete());
    stage.check(format!("{device} has cross-signing"), whole, ())?;
    let recovery_key = encryption.recovery().enable().wait_for_backups_to_upload().await?;
    stage.same("with its private keys in secret storage", encryption.recovery().state(), RecoveryState::Enabled)?;
    let backup = encryption.backups().are_enabled().await && encryption.backups().fetch_exists_on_server().await?;
    stage.check("and a key backup", backup, encryption.backups().state())?;
    is_cross_signed(stage, device, device).await?;
    Ok(recovery_key)
}

/// `looker` must find `device` signed by the identity of its owner.
async fn is_cross_signed(stage: &Stage, looker: &Device, device: &Device) -> Result<()> {
    let what = format!("{device} is cross-signed for {looker}");
    until_true(&what, async || {
        let seen = looker.client.encryption().get_device(device.id(), device.device_id()).await?;
        Ok(seen.is_some_and(|seen| seen.is_cross_signed_by_owner()))
    })
    .await?;
    stage.check(what, true, ())
}

/// The server must have as many keys as the device uploaded, and at least one.
async fn everything_is_backed_up(stage: &Stage, device: &Device) -> Result<()> {
    device.client.encryption().backups().wait_for_steady_state().await?;
    let backup = device.client.send(get_latest_backup_info::v3::Request::new()).await?;
    stage.check("room keys are in the backup", backup.count > uint!(0), backup.count)
}

/// All that the first device could read, the new one reads, back to the room's first event.
async fn reads_everything(stage: &Stage, device: &Device, first: &Device, room_id: &RoomId) -> Result<()> {
    device.page_back(room_id).await?;
    first.page_back(room_id).await?;
    // Keys come from the backup one session after the other.
    let read =
        until_true(format!("{device} reads all"), async || Ok(device.unreadable(room_id).await?.is_empty())).await;
    let unreadable = device.unreadable(room_id).await?;
    stage.check(format!("{device} reads all old messages"), read.is_ok() && unreadable.is_empty(), unreadable)?;
    let texts = device.texts(room_id).await?;
    stage.check("and there are some", texts.len() > 3, &texts)?;
    stage.same("the same ones as the first device", texts, first.texts(room_id).await?)
}

/// All three private keys, and the backup's.
async fn has_the_secrets(stage: &Stage, device: &Device) -> Result<()> {
    let encryption = device.client.encryption();
    until_true(format!("the private keys come to {device}"), async || {
        Ok(encryption.cross_signing_status().await.is_some_and(|status| status.is_complete()))
    })
    .await?;
    stage.check(format!("{device} gets the private keys"), true, ())?;
    until_true("the key of the backup comes", async || Ok(encryption.backups().are_enabled().await)).await?;
    stage.check("and the key of the backup", true, ())?;
    until_true("it is verified", async || Ok(encryption.verification_state().get() == VerificationState::Verified))
        .await?;
    stage.check("and is verified", true, ())
}

pub async fn second_device_by_emoji(stage: &Stage, first: &Device, room_id: &RoomId) -> Result<Device> {
    everything_is_backed_up(stage, first).await?;
    let strategy = BackupDownloadStrategy::AfterDecryptionFailure;
    let second = Device::log_in(stage, first.id().as_str(), &first.password, "second device", strategy).await?;
    // A device that is not known yet is not listened to.
    until_true(format!("{first} knows the second device"), async || {
        Ok(first.client.encryption().get_device(second.id(), second.device_id()).await?.is_some())
    })
    .await?;
    let myself =
        second.client.encryption().request_user_identity(second.id()).await?.context("an identity of its own")?;
    let request = myself.request_verification().await?;
    compare_emoji(stage, &second, first, &request).await?;
    is_cross_signed(stage, first, &second).await?;
    has_the_secrets(stage, &second).await?;
    reads_everything(stage, &second, first, room_id).await?;
    Ok(second)
}

pub async fn verify_each_other(stage: &Stage, alice: &Device, bob: &Device) -> Result<()> {
    // The SDK asks another user in the room of the two.
    let direct = alice.client.create_dm(bob.id()).await?;
    bob.client.join_room_by_id(direct.room_id()).await?;
    alice.joined(direct.room_id(), 2).await?;
    bob.joined(direct.room_id(), 2).await?;
    let identity = alice.client.encryption().request_user_identity(bob.id()).await?.context("bob's identity")?;
    let request = identity.request_verification().await?;
    compare_emoji(stage, alice, bob, &request).await?;
    for (one, other) in [(alice, bob), (bob, alice)] {
        until_true(format!("{one} trusts {}", other.id()), async || {
            let identity = one.client.encryption().get_user_identity(other.id()).await?;
            Ok(identity.is_some_and(|identity| identity.is_verified()))
        })
        .await?;
        stage.check(format!("{} has verified {}", one.id(), other.id()), true, ())?;
    }
    Ok(())
}

pub async fn restored_device(stage: &Stage, first: &Device, recovery_key: &str, room_id: &RoomId) -> Result<Device> {
    everything_is_backed_up(stage, first).await?;
    let strategy = BackupDownloadStrategy::OneShot;
    let third = Device::log_in(stage, first.id().as_str(), &first.password, "restored device", strategy).await?;
    third.client.encryption().recovery().recover(recovery_key).await?;
    stage.same(
        "the recovery key recovers all",
        third.client.encryption().recovery().state(),
        RecoveryState::Enabled,
    )?;
    has_the_secrets(stage, &third).await?;
    is_cross_signed(stage, first, &third).await?;
    reads_everything(stage, &third, first, room_id).await?;
    Ok(third)
}

/// Until `looker` knows no such device of `owner`, though it knows the owner's others.
async fn forgets(looker: &Device, owner: &Device, gone: &DeviceId) -> Result<()> {
    until_true(format!("{looker} forgets {gone}"), async || {
        let known = looker.client.encryption().get_user_devices(owner.id()).await?;
        Ok(known.get(gone).is_none() && known.get(owner.device_id()).is_some())
    })
    .await
}

/// One device is removed by its owner, another logs out; what is said afterwards is for neither.
pub async fn remove_devices(
    stage: &Stage,
    owner: &Device,
    [mut removed, mut leaving]: [Device; 2],
    other: &Device,
    room_id: &RoomId,
) -> Result<()> {
    let session = other.say(room_id, "for all devices").await?.session_id;
    let same = other.say(room_id, "and again for all").await?.session_id;
    stage.check("while devices stay the session does", session.is_some() && session == same, (&session, &same))?;

    removed.stop().await;
    let gone = [removed.device_id().to_owned()];
    let refusal =
        owner.client.delete_devices(&gone, None).await.err().context("a device is removed without a password")?;
    let asked = refusal.as_uiaa_response().with_context(|| format!("removing: {refusal}"))?;
    stage.check("removing a device asks for the password", asked.session.is_some(), asked)?;
    owner.client.delete_devices(&gone, Some(password(owner, asked))).await?;
    let listed = owner.client.devices().await?.devices;
    let without = listed.iter().all(|device| device.device_id != gone[0]);
    stage.check("it is not listed any more", without, &listed)?;
    let refused = removed.client.whoami().await.err();
    let unknown =
        matches!(refused.as_ref().and_then(|error| error.client_api_error_kind()), Some(ErrorKind::UnknownToken(_)));
    stage.check("its token is nobody's", unknown, &refused)?;
    forgets(other, owner, &gone[0]).await?;
    let after = other.say(room_id, "without the removed one").await?.session_id;
    stage.check(format!("{} encrypts anew, not for it", other.id()), after.is_some() && after != session, &after)?;

    leaving.stop().await;
    let gone = leaving.device_id().to_owned();
    leaving.client.logout().await?;
    forgets(other, owner, &gone).await?;
    let last = other.say(room_id, "nor the one that logged out").await?.session_id;
    stage.check("nor for one that logged out", last.is_some() && last != after, &last)?;
    owner.hears(room_id, "nor the one that logged out").await?;
    stage.check("and the others go on", true, ())
}

//! What makes a device one that gets keys, and keeps them when it is lost: cross-signing, secret storage, a key backup. Users
//! see one thing of it: the recovery key.

mod anew;

use std::time::Duration;

use matrix_sdk::encryption::recovery::{RecoveryError, RecoveryState};
use matrix_sdk::encryption::secret_storage::SecretStorageError;
use matrix_sdk::ruma::api::client::uiaa::{AuthData, Password, UserIdentifier};
use peerbrain_vocabulary::{Audiences, Synapses, names};

pub use anew::recovery_anew;

use crate::account::Account;
use crate::console::{Console, Question};
use crate::error::{Error, Result};
use crate::report::Recovery;

/// Makes a device one of the account's: the first makes the account's identity, others are let in by the recovery key.
/// Gives the recovery key if one was made.
///
/// # Errors
/// The recovery key is wrong, or the server refuses.
pub(crate) async fn begin(
    account: &Account,
    password: &str,
    recovery_key: Option<&str>,
    console: &mut dyn Console,
) -> Result<Option<String>> {
    account.sync_once(Duration::ZERO).await?;
    let encryption = account.client().encryption();
    encryption.wait_for_e2ee_initialization_tasks().await;
    if encryption.request_user_identity(account.user_id()).await?.is_some() {
        match recovery_key {
            Some(key) => restore(account, key).await?,
            None => console
                .notice("This device is not let in yet: give your recovery key with `thoughts recovery restore`."),
        }
        return Ok(None);
    }
    console.progress("Making your keys", 0, 0);
    cross_sign(account, Some(password)).await?;
    let key = new_recovery_key(account).await?;
    see_own_signature(account).await?;
    console.progress("Making your keys", 1, 1);
    Ok(Some(key))
}

/// The signature of this device comes back by its own list, which is a moment later.
async fn see_own_signature(account: &Account) -> Result<()> {
    for _ in 0..20 {
        account.client().encryption().request_user_identity(account.user_id()).await?;
        if account.is_vouched().await? {
            break;
        }
        account.sync_once(Duration::from_millis(250)).await?;
    }
    Ok(())
}

/// A device that has the identity's keys signs itself, if that broke off when they were made.
async fn sign_own_device(account: &Account) -> Result<()> {
    if account.is_vouched().await? || !has_identity_keys(account).await {
        return Ok(());
    }
    if let Some(device) = account.client().encryption().get_own_device().await? {
        device.verify().await.map_err(said)?;
    }
    see_own_signature(account).await
}

/// Whether the keys of the account's identity are here. They may be nowhere else.
pub(crate) async fn has_identity_keys(account: &Account) -> bool {
    account.client().encryption().cross_signing_status().await.is_some_and(|status| status.has_master)
}

async fn cross_sign(account: &Account, password: Option<&str>) -> Result<()> {
    let encryption = account.client().encryption();
    let Err(refusal) = encryption.bootstrap_cross_signing(None).await else { return Ok(()) };
    let (Some(asked), Some(password)) = (refusal.as_uiaa_response(), password) else { return Err(refusal.into()) };
    let user = UserIdentifier::Matrix(matrix_sdk::ruma::api::client::uiaa::MatrixUserIdentifier::new(
        account.user_id().to_string(),
    ));
    let mut auth = Password::new(user, password.to_owned());
    auth.session = asked.session.clone();
    Ok(encryption.bootstrap_cross_signing(Some(AuthData::Password(auth))).await?)
}

/// Makes secret storage, with a key backup if there is none, and keeps its key here.
async fn new_recovery_key(account: &Account) -> Result<String> {
    let recovery = account.client().encryption().recovery();
    let key = match recovery.enable().await {
        Err(RecoveryError::BackupExistsOnServer) => {
            // Nobody has its key any more: whoever had it would have used the recovery key.
            account.client().encryption().backups().disable_and_delete().await.map_err(said)?;
            recovery.enable().await
        }
        done => done,
    };
    let key = key.map_err(recovery_error)?;
    account.keep_secret_storage_key(&key)?;
    Ok(key)
}

async fn restore(account: &Account, key: &str) -> Result<()> {
    let recovery = account.client().encryption().recovery();
    recovery.recover(key).await.map_err(recovery_error)?;
    account.keep_secret_storage_key(key)?;
    see_own_signature(account).await
}

/// Whether a lost device could be replaced.
///
/// # Errors
/// The account's files cannot be read.
pub async fn recovery_status(account: &Account) -> Result<Recovery> {
    account.client().encryption().wait_for_e2ee_initialization_tasks().await;
    told(account, None).await
}

/// Makes a new recovery key. An older one opens nothing any more.
///
/// # Errors
/// This device is not let in, so it has no secrets to keep; or the server refuses.
pub async fn recovery_setup(account: &Account, console: &mut dyn Console) -> Result<Recovery> {
    account.sync_once(Duration::ZERO).await?;
    let encryption = account.client().encryption();
    encryption.wait_for_e2ee_initialization_tasks().await;
    if encryption.request_user_identity(account.user_id()).await?.is_none() {
        let password = console.ask(Question::secret("The password of the account:")).await?;
        cross_sign(account, Some(&password)).await?;
    }
    sign_own_device(account).await?;
    if !account.is_vouched().await? {
        return Err(Error::NotLetIn);
    }
    agree_to_loss(account, console).await?;
    let before = (account.audiences().await.ok(), account.synapses().await.ok());
    let key = match encryption.recovery().state() {
        RecoveryState::Enabled => {
            let key = encryption.recovery().reset_key().await.map_err(recovery_error)?;
            account.keep_secret_storage_key(&key)?;
            key
        }
        _ => new_recovery_key(account).await?,
    };
    // What was kept under the old key is kept under the new one.
    let (audiences, synapses) = (before.0.unwrap_or_default(), before.1.unwrap_or_default());
    if audiences != Audiences::default() {
        account.change_audiences(|kept| kept.clone_from(&audiences)).await?;
    }
    if synapses != Synapses::default() {
        account.change_synapses(|kept| kept.clone_from(&synapses)).await?;
    }
    told(account, Some(key)).await
}

/// A device that was let in by comparing emoji has no key to the account's lists: under a new recovery key they are gone,
/// which is for the user to decide.
async fn agree_to_loss(account: &Account, console: &mut dyn Console) -> Result<()> {
    if !matches!(account.audiences().await, Err(Error::NotLetIn)) || account.has_seen_audiences() {
        return Ok(());
    }
    if account.client().account().fetch_account_data(names::AUDIENCES.into()).await?.is_none() {
        return Ok(());
    }
    let asked = "This device cannot read the names of your audiences and your weights; with a new recovery key they are lost. \
                 `thoughts recovery restore` with the present key keeps them. Make a new key all the same?";
    match console.ask(Question::yes_or_no(asked)).await?.as_str() {
        "yes" => Ok(()),
        _ => Err(Error::NotLetIn),
    }
}

/// Brings everything back to this device.
///
/// # Errors
/// The key is wrong, or the server cannot be reached.
pub async fn recovery_restore(account: &Account, key: &str, console: &mut dyn Console) -> Result<Recovery> {
    account.sync_once(Duration::ZERO).await?;
    account.client().encryption().wait_for_e2ee_initialization_tasks().await;
    console.progress("Bringing your keys", 0, 0);
    let restored = restore(account, key).await;
    console.progress("Bringing your keys", 1, 1);
    restored?;
    told(account, None).await
}

async fn told(account: &Account, recovery_key: Option<String>) -> Result<Recovery> {
    let encryption = account.client().encryption();
    Ok(Recovery {
        enabled: encryption.recovery().state() == RecoveryState::Enabled && account.secret_storage_key().is_some(),
        backup: encryption.backups().are_enabled().await,
        recovery_key,
    })
}

fn said(error: impl std::fmt::Display) -> Error {
    Error::Sdk(error.to_string())
}

fn recovery_error(error: RecoveryError) -> Error {
    match error {
        RecoveryError::Sdk(error) => error.into(),
        RecoveryError::SecretStorage(error) => secret_error(error),
        other => said(other),
    }
}

/// What went wrong with secret storage.
pub(crate) fn secret_error(error: SecretStorageError) -> Error {
    match error {
        SecretStorageError::Sdk(error) => error.into(),
        SecretStorageError::SecretStorageKey(_) => Error::WrongRecoveryKey,
        other => said(other),
    }
}

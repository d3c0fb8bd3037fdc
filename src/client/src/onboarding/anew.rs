//! A new beginning where the recovery key and every device that had the account's keys are lost: a new identity, with the
//! password of the account.

use std::time::Duration;

use super::{cross_sign, new_recovery_key, recovery_setup, see_own_signature, told};
use crate::account::Account;
use crate::console::{Console, Question};
use crate::error::{Error, Result};
use crate::report::Recovery;

/// What the user is told before.
const ASKED: &str = "This makes a new identity for your account. Lost are: thoughts that only the lost devices or the key \
                     backup could open, the names of your audiences and your weights. Your friends see that your identity has \
                     changed and must `thoughts trust` you, and your other devices must be let in again. Begin anew?";

/// Makes a new identity and a new recovery key. Where this device has the identity's keys, nothing is lost and only the
/// recovery key is a new one.
///
/// # Errors
/// The user does not agree, the password is wrong, or the server refuses; then all is as it was.
pub async fn recovery_anew(account: &Account, console: &mut dyn Console) -> Result<Recovery> {
    account.sync_once(Duration::ZERO).await?;
    let encryption = account.client().encryption();
    encryption.wait_for_e2ee_initialization_tasks().await;
    encryption.request_user_identity(account.user_id()).await?;
    if account.is_vouched().await? {
        return recovery_setup(account, console).await;
    }
    if console.ask(Question::yes_or_no(ASKED)).await? != "yes" {
        return Err(Error::NotLetIn);
    }
    let password = console.ask(Question::secret("The password of the account:")).await?;
    console.progress("Making your keys", 0, 0);
    let made = make(account, &password).await;
    console.progress("Making your keys", 1, 1);
    told(account, Some(made?)).await
}

/// The password is asked for first: only with it does the old backup go.
async fn make(account: &Account, password: &str) -> Result<String> {
    if let Err(error) = cross_sign(account, Some(password)).await {
        // The keys that were made for nothing go: the server still tells of the old identity.
        account.client().encryption().request_user_identity(account.user_id()).await?;
        return Err(error);
    }
    see_own_signature(account).await?;
    new_recovery_key(account).await
}

//! Two people, or two devices of one, compare seven emoji, so that each knows that no server stands in between.
//!
//! Both run `thoughts verify`, or one of them any other Matrix client that can do it. Who comes first asks; who comes
//! second finds the request and answers it. If both ask at once, Matrix ends both requests, and one side asks again.

mod emoji;
mod incoming;
mod meeting;

use std::time::Duration;

use matrix_sdk::encryption::identities::UserIdentity;
use matrix_sdk::encryption::verification::{CancelInfo, SasVerification};
use matrix_sdk::ruma::UserId;
use tokio::time::Instant;

use crate::account::Account;
use crate::console::{Console, Question};
use crate::error::{Error, Result};
use crate::report::{Report, Verified};
use crate::verification::meeting::Meeting;

pub use incoming::Incoming;

/// How long the other side has. Matrix says that requests last ten minutes.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long one look at the server waits for news.
const LOOK: Duration = Duration::from_secs(2);
/// How long a new device waits for the keys that the older one gives it after the comparison.
const KEYS_COME: Duration = Duration::from_secs(20);
/// How long an older device stays to give them.
const KEYS_GO: Duration = Duration::from_secs(8);

/// Compares emoji with `whom`, or with another device of one's own. `yes` says that they match without asking anybody,
/// which is for tests.
///
/// # Errors
/// If there is nobody to compare with, the other side does not come, says no, or the emoji do not match.
pub async fn verify(account: &Account, whom: Option<&UserId>, yes: bool, console: &mut dyn Console) -> Result<()> {
    let whom = whom.filter(|whom| *whom != account.user_id()).unwrap_or_else(|| account.user_id());
    let identity = identity_of(account, whom).await?;
    let mut meeting = Meeting::new(account, identity)?;
    let request = meeting.request(console).await?;
    let sas = emoji::comparison(account, &request).await?;
    let emoji = emoji::names(&sas);
    if !yes && !confirmed(account, &sas, console).await? {
        sas.mismatch().await?;
        console.report(Report::Verified(Verified { user_id: whom.to_owned(), emoji, verified: false }));
        return Err(Error::Verification(format!(
            "The emoji differ, so somebody may stand between you and {whom}. Nothing was verified."
        )));
    }
    let is_own = whom == account.user_id();
    if is_own && !has_all_keys(account).await {
        // The device that has the keys gives them only to one that it has finished with: it goes first.
        look_for(account, LOOK).await?;
    }
    sas.confirm().await?;
    finished(account, &sas).await?;
    if is_own {
        keys_pass_over(account, console).await?;
    }
    console.report(Report::Verified(Verified { user_id: whom.to_owned(), emoji, verified: true }));
    Ok(())
}

async fn identity_of(account: &Account, whom: &UserId) -> Result<UserIdentity> {
    let encryption = account.client().encryption();
    if whom == account.user_id() && !encryption.has_devices_to_verify_against().await? {
        let text = "There is no other device of yours to compare with. Log in on another one first, or use \
            `thoughts recovery restore` with your recovery key.";
        return Err(Error::Verification(text.to_owned()));
    }
    encryption.request_user_identity(whom).await?.ok_or_else(|| {
        Error::Verification(format!(
            "{whom} has no identity to compare yet. They get one by logging in with `thoughts` or another client that encrypts."
        ))
    })
}

/// Asks the user, and meanwhile hears whether the other side gives up.
async fn confirmed(account: &Account, sas: &SasVerification, console: &mut dyn Console) -> Result<bool> {
    let question = Question::yes_or_no(format!(
        "{}\nDoes the other side show the same seven, in the same order?",
        emoji::in_a_row(sas).unwrap_or_default()
    ));
    let given_up = async {
        loop {
            account.sync_once(LOOK).await?;
            if let Some(info) = sas.cancel_info() {
                return Err(cancelled(Some(&info)));
            }
        }
    };
    tokio::select! {
        answer = console.ask(question) => Ok(answer? == "yes"),
        error = given_up => error,
    }
}

/// Waits until the other side has confirmed, too.
async fn finished(account: &Account, sas: &SasVerification) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while !sas.is_done() {
        if let Some(info) = sas.cancel_info() {
            return Err(cancelled(Some(&info)));
        }
        if Instant::now() >= end {
            return Err(cancelled(None));
        }
        account.sync_once(LOOK).await?;
    }
    Ok(())
}

/// Between devices of one person, the older one now gives the newer one the keys of the account.
async fn keys_pass_over(account: &Account, console: &mut dyn Console) -> Result<()> {
    if has_all_keys(account).await {
        return look_for(account, KEYS_GO).await;
    }
    let end = Instant::now() + KEYS_COME;
    while Instant::now() < end {
        account.sync_once(LOOK).await?;
        if has_all_keys(account).await {
            return Ok(());
        }
    }
    console.notice(
        "The other device did not give its keys. `thoughts recovery restore` with your recovery key brings them.",
    );
    Ok(())
}

async fn has_all_keys(account: &Account) -> bool {
    let encryption = account.client().encryption();
    let cross_signing = encryption.cross_signing_status().await.is_some_and(|status| status.is_complete());
    cross_signing && encryption.backups().are_enabled().await
}

async fn look_for(account: &Account, time: Duration) -> Result<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        account.sync_once(LOOK.min(time)).await?;
    }
    Ok(())
}

/// Why nothing comes of it.
fn cancelled(info: Option<&CancelInfo>) -> Error {
    Error::Verification(match info {
        Some(info) if info.cancelled_by_us() => {
            "The comparison was ended here. Start again with `thoughts verify`.".to_owned()
        }
        Some(info) => {
            format!(
                "The other side ended the comparison: {}. Start again with `thoughts verify`.",
                info.reason().trim_end_matches('.')
            )
        }
        None => "The other side did not come. Agree on a moment, and start again with `thoughts verify` on both sides."
            .to_owned(),
    })
}

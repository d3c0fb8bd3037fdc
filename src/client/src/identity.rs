//! People whose identity has changed: their devices get no keys until the user agrees. Which identity somebody had first is
//! remembered here, for the SDK stops only for those who were verified.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::try_join_all;
use matrix_sdk::encryption::LocalTrust;
use matrix_sdk::encryption::identities::UserIdentity;
use matrix_sdk::ruma::{OwnedUserId, UserId};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::report::Trusted;

const FILE: &str = "identities.json";
/// The most unknown people who are asked for before one post, how many at once, and how long that may take.
const MAX_ASKED: usize = 200;
const ASKED_AT_ONCE: usize = 8;
const ASKING_TAKES: Duration = Duration::from_secs(10);

/// The master key that each person had when keys were first given.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Known {
    master_keys: BTreeMap<OwnedUserId, String>,
    /// Whose devices get nothing for now.
    #[serde(default)]
    stopped: BTreeSet<OwnedUserId>,
}

impl Known {
    /// Whether this is the identity that was seen first; whoever is new is remembered.
    fn holds(&mut self, identity: &UserIdentity) -> bool {
        if identity.is_verified() {
            self.set(identity);
            return true;
        }
        let key = master_key(identity);
        let known = self.master_keys.entry(identity.user_id().to_owned()).or_insert_with(|| key.clone());
        *known == key && !identity.has_verification_violation()
    }

    fn set(&mut self, identity: &UserIdentity) {
        self.master_keys.insert(identity.user_id().to_owned(), master_key(identity));
    }
}

fn master_key(identity: &UserIdentity) -> String {
    identity.master_key().get_first_key().map(|key| key.to_base64()).unwrap_or_default()
}

/// Whether keys may be given to somebody, as far as their identity goes.
///
/// # Errors
/// Their identity has changed, or they have none.
pub async fn check(account: &Account, user_id: &UserId) -> Result<()> {
    let identity = account.client().encryption().request_user_identity(user_id).await?;
    let Some(identity) = identity else { return Err(Error::NotCrossSigned(user_id.to_owned())) };
    if guard(account, [user_id]).await?.is_empty() {
        return Ok(());
    }
    Err(Error::IdentityChanged(identity.user_id().to_owned()))
}

/// Sees to it that none of these people gets a key whose identity has changed, and tells whose has.
///
/// # Errors
/// The account's files cannot be used, or the server cannot be reached.
pub async fn guard<'a>(account: &Account, users: impl IntoIterator<Item = &'a UserId>) -> Result<Vec<OwnedUserId>> {
    let users: Vec<&UserId> = users.into_iter().collect();
    make_known(account, &users).await?;
    let _turn = account.secrets_turn().await;
    let encryption = account.client().encryption();
    let mut known: Known = account.folder().read_json(FILE)?;
    let (before, mut changed, mut agreed) = (known.clone(), Vec::new(), Vec::new());
    for user_id in users.into_iter().filter(|user_id| *user_id != account.user_id()) {
        let Some(identity) = encryption.get_user_identity(user_id).await? else { continue };
        if !known.holds(&identity) {
            known.stopped.insert(user_id.to_owned());
            changed.push(user_id.to_owned());
        } else if known.stopped.contains(user_id) {
            agreed.push(user_id);
        }
    }
    // Whose new identity was verified since gets keys again.
    for user_id in agreed {
        trust_devices(account, user_id, LocalTrust::Unset).await?;
        known.stopped.remove(user_id);
    }
    if known != before {
        account.folder().write_json(FILE, &known)?;
    }
    for user_id in &changed {
        trust_devices(account, user_id, LocalTrust::BlackListed).await?;
    }
    Ok(changed)
}

/// Asks for the identities that this device has not seen yet, so that whoever is new is remembered before they get a key.
async fn make_known(account: &Account, users: &[&UserId]) -> Result<()> {
    let encryption = account.client().encryption();
    let mut unknown = Vec::new();
    for user_id in users {
        if unknown.len() < MAX_ASKED && encryption.get_user_identity(user_id).await?.is_none() {
            unknown.push(*user_id);
        }
    }
    let asked = async {
        for some in unknown.chunks(ASKED_AT_ONCE) {
            try_join_all(some.iter().map(|user_id| encryption.request_user_identity(user_id))).await?;
        }
        Ok(())
    };
    // Whose server is silent gets nothing: without an identity nobody gets a key.
    timeout(ASKING_TAKES, asked).await.unwrap_or(Ok(()))
}

/// Agrees to somebody's changed identity, without comparing anything.
///
/// # Errors
/// They have no identity.
pub async fn trust(account: &Account, user_id: &UserId) -> Result<Trusted> {
    let identity = account.client().encryption().request_user_identity(user_id).await?;
    let identity = identity.ok_or_else(|| Error::NotCrossSigned(user_id.to_owned()))?;
    let _turn = account.secrets_turn().await;
    let mut known: Known = account.folder().read_json(FILE)?;
    let changed = !known.holds(&identity);
    if identity.has_verification_violation() {
        identity.withdraw_verification().await?;
    }
    identity.pin().await?;
    trust_devices(account, user_id, LocalTrust::Unset).await?;
    known.set(&identity);
    known.stopped.remove(user_id);
    account.folder().write_json(FILE, &known)?;
    Ok(Trusted { user_id: user_id.to_owned(), changed })
}

async fn trust_devices(account: &Account, user_id: &UserId, trust: LocalTrust) -> Result<()> {
    let devices = account.client().encryption().get_user_devices(user_id).await?;
    for device in devices.devices() {
        if device.local_trust_state() != trust {
            device.set_local_trust(trust).await?;
        }
    }
    Ok(())
}

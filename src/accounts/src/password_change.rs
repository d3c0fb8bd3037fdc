//! Changing a password (client-server §password-management).

use std::fmt;

use ruma::{DeviceId, OwnedUserId, UserId};
use store::{
    Tx,
    accounts::{UserRow, devices, users},
};

use crate::{Accounts, Error, Result};

/// That somebody knew the password of an account. What is written on the strength of it first looks whether that is
/// still the password.
#[derive(Clone)]
pub struct PasswordProof {
    user_id: OwnedUserId,
    /// What the password was compared with.
    hash: Option<String>,
}

impl PasswordProof {
    /// That the password of this row was given.
    pub(crate) fn new(user_id: OwnedUserId, row: &UserRow) -> Self {
        Self { user_id, hash: row.password_hash.clone() }
    }

    /// Whose password was given.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// Whether the account, as it is now, still has this password.
    pub(crate) fn holds(&self, now: &UserRow) -> bool {
        self.hash == now.password_hash
    }
}

impl fmt::Debug for PasswordProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordProof").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// How the write of a password ended.
enum Outcome {
    Done,
    NoAccount,
    Refused,
}

impl Accounts {
    /// Gives the user whose password was proven another one. With `logout_devices` all devices but `keep` are logged out
    /// and deleted.
    ///
    /// # Errors
    /// [`Error::WeakPassword`], [`Error::InvalidParam`]: nobody may have this password. [`Error::Forbidden`] where the
    /// password has been changed since it was proven, [`Error::Deactivated`] where the account was closed since then.
    pub async fn change_password(
        &self,
        proof: &PasswordProof,
        keep: Option<&DeviceId>,
        password: &str,
        logout_devices: bool,
    ) -> Result<()> {
        let hash = self.hash_new(password).await?;
        let (user_id, proof) = (proof.user_id.to_string(), proof.clone());
        let keep = keep.map(ToString::to_string);
        let write = move |tx: &mut Tx<'_>| {
            let outcome = write(tx, &user_id, Some(&proof), &hash)?;
            if logout_devices && matches!(outcome, Outcome::Done) {
                devices::delete_all(tx, &user_id, keep.as_deref())?;
            }
            Ok(outcome)
        };
        match self.store.write(write).await? {
            Outcome::Done => Ok(()),
            Outcome::NoAccount => Err(Error::Deactivated),
            Outcome::Refused => Err(Error::forbidden("wrong user name or password")),
        }
    }

    /// Gives a user another password on behalf of the operator, and logs all devices out.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::WeakPassword`].
    pub async fn set_password(&self, user_id: &UserId, password: &str) -> Result<()> {
        self.active_user(user_id).await?;
        let hash = self.hash_new(password).await?;
        let user_id = user_id.to_string();
        let write = move |tx: &mut Tx<'_>| {
            let outcome = write(tx, &user_id, None, &hash)?;
            if matches!(outcome, Outcome::Done) {
                devices::delete_all(tx, &user_id, None)?;
            }
            Ok(outcome)
        };
        match self.store.write(write).await? {
            Outcome::Done => Ok(()),
            Outcome::NoAccount | Outcome::Refused => Err(Error::not_found("there is no such user")),
        }
    }

    async fn hash_new(&self, password: &str) -> Result<String> {
        self.passwords.check_new(password)?;
        self.passwords.hash(password, &*self.random).await
    }
}

/// Writes a password, unless the account was closed, or what was proven no longer holds.
fn write(tx: &mut Tx<'_>, user_id: &str, proof: Option<&PasswordProof>, hash: &str) -> store::Result<Outcome> {
    match users::get(tx.conn(), user_id)? {
        None | Some(UserRow { deactivated: true, .. }) => Ok(Outcome::NoAccount),
        Some(now) if proof.is_some_and(|proof| !proof.holds(&now)) => Ok(Outcome::Refused),
        Some(_) => {
            users::set_password_hash(tx, user_id, hash)?;
            Ok(Outcome::Done)
        }
    }
}

#[cfg(test)]
mod tests {
    use store::testing::each;

    use super::*;
    use crate::{Credentials, Login, NewDevice, testing::World};

    fn code<T>(result: Result<T>) -> Option<&'static str> {
        result.err().map(|error| error.code())
    }

    async fn proof(world: &World, login: &Login, password: &str) -> PasswordProof {
        let row = world.accounts.check_password(&login.user_id, password).await.unwrap().unwrap();
        PasswordProof::new(login.user_id.clone(), &row)
    }

    #[tokio::test]
    async fn passwords_are_changed() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            let other = world.login("alice", "OTHER").await;
            let (accounts, keep) = (&world.accounts, Some(&*alice.device_id));
            let first = proof(&world, &alice, "password alice").await;
            assert_eq!(code(accounts.change_password(&first, None, "short", true).await), Some("M_WEAK_PASSWORD"));
            accounts.change_password(&first, keep, "another one", false).await.unwrap();
            world.session(&other.access_token).await.unwrap();
            let second = proof(&world, &alice, "another one").await;
            accounts.change_password(&second, keep, "yet another", true).await.unwrap();
            assert!(world.session(&other.access_token).await.is_err());
            world.session(&alice.access_token).await.unwrap();
            let by = |password| Credentials::Password { user: "alice", password };
            assert_eq!(code(accounts.login(by("password alice"), NewDevice::default()).await), Some("M_FORBIDDEN"));
            accounts.login(by("yet another"), NewDevice::default()).await.unwrap();
            let listed = accounts.list_users("", 10).await.unwrap();
            assert!(listed.len() == 1 && listed[0].password_hash.is_none());
        })
        .await
    }

    #[tokio::test]
    async fn what_was_proven_must_still_hold() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            let (accounts, old) = (&world.accounts, proof(&world, &alice, "password alice").await);
            accounts.change_password(&old, Some(&alice.device_id), "another one", true).await.unwrap();
            let late = accounts.change_password(&old, None, "a thief's one", true).await;
            assert_eq!(code(late), Some("M_FORBIDDEN"));
            let late = accounts.deactivate(&alice.user_id, Some(&old), false).await;
            assert_eq!(code(late), Some("M_FORBIDDEN"));
            world.session(&alice.access_token).await.unwrap();
            let new = proof(&world, &alice, "another one").await;
            accounts.deactivate(&alice.user_id, Some(&new), false).await.unwrap();
            let late = accounts.change_password(&new, None, "a thief's one", true).await;
            assert_eq!(code(late), Some("M_USER_DEACTIVATED"));
            assert_eq!(code(accounts.set_password(&alice.user_id, "a good password").await), Some("M_NOT_FOUND"));
            assert!(!format!("{new:?}").contains("argon2"), "no hash gets into a log");
        })
        .await
    }
}

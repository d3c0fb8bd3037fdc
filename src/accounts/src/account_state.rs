//! Locking, suspending and deactivating accounts, and what administrators see of them.

use ruma::{OwnedUserId, UserId};
use store::{
    Tx,
    accounts::{DeviceRow, UserRow, devices, users},
};

use crate::{Accounts, Error, PasswordProof, Result, Session};

/// A device as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSeen {
    /// The device's id.
    pub device_id: String,
    /// Where it was last seen.
    pub connection: Option<ConnectionSeen>,
}

/// Where a device was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSeen {
    /// The address.
    pub ip: Option<String>,
    /// When, in milliseconds since 1970.
    pub last_seen: i64,
    /// The `User-Agent`.
    pub user_agent: Option<String>,
}

impl From<DeviceRow> for DeviceSeen {
    fn from(row: DeviceRow) -> Self {
        let (ip, user_agent) = (row.last_seen_ip, row.last_seen_agent);
        let connection = row.last_seen_at.map(|last_seen| ConnectionSeen { ip, last_seen, user_agent });
        Self { device_id: row.device_id, connection }
    }
}

impl Accounts {
    /// Whether a user is locked.
    ///
    /// # Errors
    /// As [`Accounts::set_locked`], but administrators may ask about themselves.
    pub async fn locked(&self, asking: &Session, user_id: &UserId) -> Result<bool> {
        Ok(self.moderated(asking, user_id).await?.locked)
    }

    /// Whether a user is suspended.
    ///
    /// # Errors
    /// As [`Accounts::locked`].
    pub async fn suspended(&self, asking: &Session, user_id: &UserId) -> Result<bool> {
        Ok(self.moderated(asking, user_id).await?.suspended)
    }

    /// Locks or unlocks a user (client-server §account-locking). Tokens stay.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all but administrators, for oneself and for other administrators;
    /// [`Error::InvalidParam`] for users of other servers; [`Error::NotFound`].
    pub async fn set_locked(&self, asking: &Session, user_id: &UserId, locked: bool) -> Result<()> {
        self.moderated(asking, user_id).await?;
        require_other(asking, user_id)?;
        self.lock_user(user_id, locked).await
    }

    /// Suspends a user or ends that (client-server §account-suspension).
    ///
    /// # Errors
    /// As [`Accounts::set_locked`].
    pub async fn set_suspended(&self, asking: &Session, user_id: &UserId, suspended: bool) -> Result<()> {
        self.moderated(asking, user_id).await?;
        require_other(asking, user_id)?;
        let id = user_id.to_string();
        self.store.write(move |tx| users::set_suspended(tx, &id, suspended)).await?;
        tracing::info!(%user_id, suspended, by = %asking.user_id, "an account was suspended or that was ended");
        Ok(())
    }

    /// The user on whom an administrator acts.
    async fn moderated(&self, asking: &Session, user_id: &UserId) -> Result<UserRow> {
        asking.require_admin()?;
        if user_id.server_name() != self.server_name {
            return Err(Error::invalid_param("the user does not belong to this server"));
        }
        let user = self.active_user(user_id).await?;
        if user.admin && asking.user_id != user_id {
            return Err(Error::forbidden("the user is an administrator, too"));
        }
        Ok(user)
    }

    /// Locks or unlocks a user on behalf of the operator.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn lock_user(&self, user_id: &UserId, locked: bool) -> Result<()> {
        self.active_user(user_id).await?;
        let id = user_id.to_string();
        self.store.write(move |tx| users::set_locked(tx, &id, locked)).await?;
        tracing::info!(%user_id, locked, "an account was locked or unlocked");
        Ok(())
    }

    /// Makes a user an administrator on behalf of the operator, or takes that away.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn set_admin(&self, user_id: &UserId, admin: bool) -> Result<()> {
        self.active_user(user_id).await?;
        let id = user_id.to_string();
        Ok(self.store.write(move |tx| users::set_admin(tx, &id, admin)).await?)
    }

    /// The users after `after` in the order of their ids, at most `limit`, for the operator.
    pub async fn list_users(&self, after: &str, limit: usize) -> Result<Vec<UserRow>> {
        let (after, limit) = (after.to_owned(), i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.store.read(move |conn| users::list(conn, &after, limit)).await?;
        // The hash is nobody's business.
        Ok(rows.into_iter().map(|user| UserRow { password_hash: None, ..user }).collect())
    }

    /// Closes an account for ever: its devices, tokens, profile, account data and filters go, its name stays taken.
    /// With `erase`, what the user wrote is hidden from those who join later (client-server §account-deactivation).
    /// The caller makes the user leave all rooms.
    ///
    /// * `proof`: the password on whose strength this is asked for; none where the operator asks.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] where the password has been changed since it was proven.
    pub async fn deactivate(&self, user_id: &UserId, proof: Option<&PasswordProof>, erase: bool) -> Result<()> {
        self.active_user(user_id).await?;
        let (id, proof) = (user_id.to_string(), proof.cloned());
        let write = move |tx: &mut Tx<'_>| {
            let now = users::get(tx.conn(), &id)?;
            if proof.as_ref().is_some_and(|proof| now.is_none_or(|now| !proof.holds(&now))) {
                return Ok(false);
            }
            devices::delete_all(tx, &id, None)?;
            users::deactivate(tx, &id, erase)?;
            Ok(true)
        };
        if !self.store.write(write).await? {
            return Err(Error::forbidden("wrong user name or password"));
        }
        tracing::info!(%user_id, erase, "an account was deactivated");
        Ok(())
    }

    /// Where the devices of a user were last seen (client-server §server-administration).
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all but administrators and the user; [`Error::NotFound`].
    pub async fn whois(&self, asking: &Session, user_id: &UserId) -> Result<(OwnedUserId, Vec<DeviceSeen>)> {
        if asking.user_id != user_id {
            asking.require_admin()?;
        }
        self.active_user(user_id).await?;
        self.write_last_seen().await?;
        let id = user_id.to_string();
        let rows = self.store.read(move |conn| devices::list(conn, &id)).await?;
        Ok((user_id.to_owned(), rows.into_iter().map(DeviceSeen::from).collect()))
    }
}

fn require_other(asking: &Session, user_id: &UserId) -> Result<()> {
    if asking.user_id == user_id { Err(Error::forbidden("you cannot do this to yourself")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use ruma::user_id;

    use store::testing::each;

    use super::*;
    use crate::{Credentials, Login, NewDevice, Seen, testing::World};

    fn code<T>(result: Result<T>) -> Option<&'static str> {
        result.err().map(|error| error.code())
    }

    async fn administrator(world: &World, name: &str) -> Login {
        let login = world.user(name).await;
        world.accounts.set_admin(&login.user_id, true).await.unwrap();
        login
    }

    #[tokio::test]
    async fn a_locked_user_can_only_log_out() {
        each(async |database| {
            let world = World::open(database);
            let boss = administrator(&world, "boss").await;
            let boss = world.session(&boss.access_token).await.unwrap();
            let alice = world.user("alice").await;
            let session = world.session(&alice.access_token).await.unwrap();
            world.accounts.set_locked(&boss, &alice.user_id, true).await.unwrap();
            assert!(world.accounts.locked(&boss, &alice.user_id).await.unwrap());
            assert_eq!(code(world.session(&alice.access_token).await), Some("M_USER_LOCKED"));
            assert!(!world.accounts.is_current(&session).await.unwrap());
            let password = Credentials::Password { user: "alice", password: "password alice" };
            assert_eq!(code(world.accounts.login(password, NewDevice::default()).await), Some("M_USER_LOCKED"));
            let session = world.accounts.authenticate_locked(&alice.access_token, Seen::default()).await.unwrap();
            world.accounts.set_locked(&boss, &alice.user_id, false).await.unwrap();
            world.session(&alice.access_token).await.unwrap();
            world.accounts.set_locked(&boss, &alice.user_id, true).await.unwrap();
            world.accounts.logout(&session).await.unwrap();
            assert_eq!(code(world.session(&alice.access_token).await), Some("M_UNKNOWN_TOKEN"));
        })
        .await
    }

    #[tokio::test]
    async fn a_suspended_user_can_log_in_and_read() {
        each(async |database| {
            let world = World::open(database);
            let boss = administrator(&world, "boss").await;
            let boss = world.session(&boss.access_token).await.unwrap();
            let alice = world.user("alice").await;
            assert!(world.session(&alice.access_token).await.unwrap().require_active().is_ok());
            world.accounts.set_suspended(&boss, &alice.user_id, true).await.unwrap();
            assert!(world.accounts.suspended(&boss, &alice.user_id).await.unwrap());
            let session = world.session(&alice.access_token).await.unwrap();
            assert_eq!(code(session.require_active()), Some("M_USER_SUSPENDED"));
            let other = world.login("alice", "OTHER").await;
            assert!(world.session(&other.access_token).await.unwrap().suspended);
        })
        .await
    }

    #[tokio::test]
    async fn moderation_is_for_administrators_and_not_about_them() {
        each(async |database| {
            let world = World::open(database);
            let boss = administrator(&world, "boss").await;
            let boss = world.session(&boss.access_token).await.unwrap();
            let other = administrator(&world, "other").await.user_id;
            let alice = world.user("alice").await;
            let alice = world.session(&alice.access_token).await.unwrap();
            let (accounts, nobody) = (&world.accounts, user_id!("@nobody:example.org"));
            assert_eq!(code(accounts.set_locked(&alice, nobody, true).await), Some("M_FORBIDDEN"));
            assert_eq!(code(accounts.set_locked(&boss, nobody, true).await), Some("M_NOT_FOUND"));
            assert_eq!(code(accounts.set_suspended(&boss, &boss.user_id, true).await), Some("M_FORBIDDEN"));
            assert_eq!(code(accounts.set_suspended(&boss, &other, true).await), Some("M_FORBIDDEN"));
            assert_eq!(code(accounts.locked(&boss, &other).await), Some("M_FORBIDDEN"));
            assert_eq!(code(accounts.locked(&boss, &boss.user_id).await), None);
            let foreign = user_id!("@alice:elsewhere.org");
            assert_eq!(code(accounts.locked(&boss, foreign).await), Some("M_INVALID_PARAM"));
            assert_eq!(code(accounts.whois(&alice, &other).await), Some("M_FORBIDDEN"));
            assert_eq!(accounts.whois(&alice, &alice.user_id).await.unwrap().1.len(), 1);
            assert!(accounts.whois(&boss, &alice.user_id).await.unwrap().1[0].connection.is_some());
        })
        .await
    }

    #[tokio::test]
    async fn a_deactivated_account_is_gone_but_for_its_name() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            world.session(&alice.access_token).await.unwrap();
            world.accounts.deactivate(&alice.user_id, None, true).await.unwrap();
            assert_eq!(code(world.session(&alice.access_token).await), Some("M_UNKNOWN_TOKEN"));
            let password = Credentials::Password { user: "alice", password: "password alice" };
            assert_eq!(code(world.accounts.login(password, NewDevice::default()).await), Some("M_USER_DEACTIVATED"));
            assert!(!world.accounts.is_active(&alice.user_id).await.unwrap());
            assert_eq!(code(world.accounts.profile(&alice.user_id).await), Some("M_NOT_FOUND"));
            assert_eq!(code(world.accounts.deactivate(&alice.user_id, None, true).await), Some("M_NOT_FOUND"));
            assert_eq!(code(world.accounts.check_username("alice").await), Some("M_USER_IN_USE"));
        })
        .await
    }
}

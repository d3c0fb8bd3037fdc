//! Guests: accounts without a password that may do little (client-server §guest-access).

use ruma::OwnedUserId;
use serde_json::Value;
use store::{
    Tx,
    accounts::{UserRow, profiles, user_directory, users},
};

use super::{
    register::ATTEMPTS,
    rights::{Right, use_right},
};
use crate::{
    Accounts, Error, NewAccount, NewDevice, NoDevice, Registered, Result, Seen, Session,
    new_device::{PreparedLogin, finished, write_login},
    profile::DISPLAYNAME,
    user_directory::folded,
    username::{generated, new_user_id},
};

enum Upgraded {
    Done,
    NoGuest,
    TokenUsedUp,
    NoDevice(NoDevice),
}

impl Accounts {
    /// Makes a guest. The name is ours to choose.
    ///
    /// # Errors
    /// [`Error::GuestsForbidden`] where the operator wants none.
    pub async fn register_guest(&self, device: NewDevice) -> Result<Registered> {
        if !self.registration.guests {
            return Err(Error::GuestsForbidden);
        }
        for _ in 0..ATTEMPTS {
            let user_id = new_user_id(&generated(&*self.random), &self.server_name)?;
            let login = self.prepare_login(user_id.as_str(), device.clone())?;
            let row = UserRow {
                user_id: user_id.to_string(),
                password_hash: None,
                created_at: self.clock.now_ms(),
                admin: false,
                deactivated: false,
                erased: false,
                locked: false,
                suspended: false,
                guest: true,
            };
            let to_write = login.clone();
            let write = move |tx: &mut Tx<'_>| Ok(users::insert(tx, &row)? && write_login(tx, &to_write)?.is_ok());
            if self.store.write(write).await? {
                let login = Some(finished(user_id.to_string(), login)?);
                return Ok(Registered { user_id, login });
            }
        }
        Err(Error::Internal("no free user name was found"))
    }

    /// The guest who becomes a user: whose token this is.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where it is no guest's, or the name that is asked for is another's.
    pub async fn guest_of(&self, guest_token: &str, username: Option<&str>) -> Result<OwnedUserId> {
        let session = self.authenticate(guest_token, Seen::default()).await;
        let guest = |session: &Session| session.guest && username == Some(session.user_id.localpart());
        match session {
            Ok(session) if guest(&session) => Ok(session.user_id.clone()),
            Err(error @ Error::Store(_)) => Err(error),
            _ => Err(Error::forbidden("only a guest becomes a user like this, and keeps the name")),
        }
    }

    /// Makes a guest a user whose [registration flow](Accounts::registration_flows) is complete. What the guest had is
    /// the user's.
    ///
    /// # Errors
    /// As [`Accounts::register`].
    pub async fn upgrade_guest(
        &self,
        guest: &OwnedUserId,
        account: NewAccount,
        registration_token: Option<&str>,
    ) -> Result<Registered> {
        let right = self.right_of(registration_token).await?;
        self.passwords.check_new(&account.password)?;
        let hash = self.passwords.hash(&account.password, &*self.random).await?;
        let login = match account.login {
            true => Some(self.prepare_login(guest.as_str(), account.device)?),
            false => None,
        };
        let (id, now, to_write) = (guest.clone(), self.clock.now_ms(), login.clone());
        let write = move |tx: &mut Tx<'_>| upgrade(tx, &id, &hash, right.as_ref(), to_write.as_ref(), now);
        match self.store.write(write).await? {
            Upgraded::Done => {
                tracing::info!(user_id = %guest, "a guest has become a user");
                let login = login.map(|login| finished(guest.to_string(), login)).transpose()?;
                Ok(Registered { user_id: guest.clone(), login })
            }
            Upgraded::NoGuest => Err(Error::UserInUse),
            Upgraded::TokenUsedUp => Err(Error::forbidden("this registration token is not valid any more")),
            Upgraded::NoDevice(reason) => Err(reason.into()),
        }
    }
}

/// Writes it. What refuses it comes first, because a refusal is committed, too.
fn upgrade(
    tx: &mut Tx<'_>,
    guest: &OwnedUserId,
    hash: &str,
    right: Option<&(Right, String)>,
    login: Option<&PreparedLogin>,
    now: i64,
) -> store::Result<Upgraded> {
    if !users::get(tx.conn(), guest.as_str())?.is_some_and(|user| user.guest && !user.deactivated) {
        return Ok(Upgraded::NoGuest);
    }
    if let Some((right, token)) = right
        && !use_right(tx, *right, token, now)?
    {
        return Ok(Upgraded::TokenUsedUp);
    }
    let admin = right.is_some_and(|(right, _)| *right == Right::FirstAdmin);
    if !users::end_guest(tx, guest.as_str(), hash, admin)? {
        return Ok(Upgraded::NoGuest);
    }
    let known = profiles::field(tx.conn(), guest.as_str(), DISPLAYNAME)?;
    let name = known.and_then(|value| serde_json::from_str::<String>(&value).ok());
    let name = match name {
        Some(name) => name,
        None => {
            profiles::set(tx, guest.as_str(), DISPLAYNAME, &Value::from(guest.localpart()).to_string())?;
            guest.localpart().to_owned()
        }
    };
    user_directory::set(tx, guest.as_str(), &folded(guest, Some(&name)))?;
    let login = login.map(|login| write_login(tx, login)).transpose()?;
    Ok(login.unwrap_or(Ok(())).map_or_else(Upgraded::NoDevice, |()| Upgraded::Done))
}

#[cfg(test)]
mod tests {
    use peerbrain_core::config::RegistrationMode;
    use store::testing::each;

    use super::*;
    use crate::{Credentials, testing::World};

    fn account() -> NewAccount {
        NewAccount { username: None, password: "a good password".into(), device: NewDevice::default(), login: true }
    }

    #[tokio::test]
    async fn a_guest_has_no_password_and_becomes_only_itself() {
        each(async |database| {
            let world = World::with(database, |config| {
                config.registration.mode = RegistrationMode::Open;
                config.registration.guests = true;
            });
            let guest = world.accounts.register_guest(NewDevice::default()).await.unwrap();
            let token = guest.login.unwrap().access_token;
            assert!(world.session(&token).await.unwrap().guest);
            let wrong = Credentials::Password { user: guest.user_id.localpart(), password: "" };
            assert!(world.accounts.login(wrong, NewDevice::default()).await.is_err());
            let alice = world.user("alice").await;
            let name = guest.user_id.localpart();
            for (token, name) in
                [(&*token, Some("alice")), (&token, None), (&alice.access_token, Some("alice")), ("x", Some(name))]
            {
                assert!(world.accounts.guest_of(token, name).await.is_err(), "{name:?}");
            }
            let id = world.accounts.guest_of(&token, Some(name)).await.unwrap();
            let user = world.accounts.upgrade_guest(&id, account(), None).await.unwrap();
            assert_eq!(user.user_id, guest.user_id);
            assert!(!world.session(&token).await.unwrap().guest);
            let right = Credentials::Password { user: name, password: "a good password" };
            assert!(world.accounts.login(right, NewDevice::default()).await.is_ok());
            let again = world.accounts.upgrade_guest(&id, account(), None).await;
            assert_eq!(again.err().map(|error| error.code()), Some("M_USER_IN_USE"));
        })
        .await
    }

    #[tokio::test]
    async fn there_are_none_unless_the_operator_wants_them() {
        each(async |database| {
            let world = World::open(database);
            let refused = world.accounts.register_guest(NewDevice::default()).await.err().unwrap();
            assert_eq!(refused.code(), "M_GUEST_ACCESS_FORBIDDEN");
        })
        .await
    }
}

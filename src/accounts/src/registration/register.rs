//! Making an account.

use ruma::{OwnedUserId, UserId};
use serde_json::Value;
use store::{
    Tx,
    accounts::{UserRow, profiles, user_directory, users},
};

use super::rights::{Right, use_right};
use crate::{
    Accounts, Error, Login, NewDevice, NoDevice, Result,
    new_device::{PreparedLogin, finished, write_login},
    profile::DISPLAYNAME,
    user_directory::folded,
    username::{generated, new_user_id},
};

/// How often a name is made up before we give up.
pub(super) const ATTEMPTS: usize = 8;

/// What somebody asks for who registers.
#[derive(Clone)]
pub struct NewAccount {
    /// The local part of the id; none makes one up.
    pub username: Option<String>,
    /// The password.
    pub password: String,
    /// The device that is logged in.
    pub device: NewDevice,
    /// Whether a device is logged in at all (the opposite of `inhibit_login`).
    pub login: bool,
}

/// A new account.
#[derive(Clone)]
pub struct Registered {
    /// The user.
    pub user_id: OwnedUserId,
    /// Its first login, if it was wanted.
    pub login: Option<Login>,
}

/// All that [`Accounts::create`] needs.
pub(super) struct Creation {
    pub account: NewAccount,
    pub admin: bool,
    pub displayname: Option<String>,
    pub right: Option<(Right, String)>,
}

enum Outcome {
    Done,
    UserInUse,
    TokenUsedUp,
    NoDevice(NoDevice),
}

impl Accounts {
    /// The id that a new user of this name will have.
    ///
    /// # Errors
    /// [`Error::InvalidUsername`], [`Error::UserInUse`].
    pub async fn check_username(&self, username: &str) -> Result<OwnedUserId> {
        let user_id = new_user_id(username, &self.server_name)?;
        if self.user_row(&user_id).await?.is_some() {
            return Err(Error::UserInUse);
        }
        Ok(user_id)
    }

    /// Registers somebody whose [registration flow](Accounts::registration_flows) is complete; the token is the one
    /// that was given in it.
    ///
    /// # Errors
    /// As [`Accounts::check_username`]; [`Error::Forbidden`] where that does not allow to register, or the token was
    /// used up meanwhile; [`Error::WeakPassword`].
    pub async fn register(&self, account: NewAccount, registration_token: Option<&str>) -> Result<Registered> {
        let right = self.right_of(registration_token).await?;
        let admin = right.as_ref().is_some_and(|(right, _)| *right == Right::FirstAdmin);
        self.create(Creation { account, admin, displayname: None, right }).await
    }

    /// What a registration token allows, with the token.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where that does not allow to register.
    pub(super) async fn right_of(&self, registration_token: Option<&str>) -> Result<Option<(Right, String)>> {
        let right = match registration_token {
            Some(token) => self.registration_right(token).await?.map(|right| (right, token.to_owned())),
            None => None,
        };
        self.require_right(right.as_ref().map(|(right, _)| *right))?;
        Ok(right)
    }

    /// Makes an account on behalf of the operator, whatever the mode. The name may be written as a whole id.
    ///
    /// # Errors
    /// As [`Accounts::register`].
    pub async fn create_user(&self, username: &str, password: &str, admin: bool) -> Result<OwnedUserId> {
        let local_part = username.strip_prefix('@').and_then(|id| id.strip_suffix(self.server_name.as_str()));
        let username = local_part.and_then(|id| id.strip_suffix(':')).unwrap_or(username);
        let account = NewAccount {
            username: Some(username.to_owned()),
            password: password.to_owned(),
            device: NewDevice::default(),
            login: false,
        };
        Ok(self.create(Creation { account, admin, displayname: None, right: None }).await?.user_id)
    }

    /// Makes an account and logs its first device in, in one write.
    pub(super) async fn create(&self, creation: Creation) -> Result<Registered> {
        let Creation { account, admin, displayname, right } = creation;
        let given = match &account.username {
            Some(username) => Some(self.check_username(username).await?),
            None => None,
        };
        self.passwords.check_new(&account.password)?;
        let password_hash = self.passwords.hash(&account.password, &*self.random).await?;
        let now = self.clock.now_ms();
        for _ in 0..ATTEMPTS {
            let user_id = match &given {
                Some(user_id) => user_id.clone(),
                None => new_user_id(&generated(&*self.random), &self.server_name)?,
            };
            let login = match account.login {
                true => Some(self.prepare_login(user_id.as_str(), account.device.clone())?),
                false => None,
            };
            let row = UserRow {
                user_id: user_id.to_string(),
                password_hash: Some(password_hash.clone()),
                created_at: now,
                admin,
                deactivated: false,
                erased: false,
                locked: false,
                suspended: false,
                guest: false,
            };
            let name = displayname.clone().unwrap_or_else(|| user_id.localpart().to_owned());
            let (id, right, to_write) = (user_id.clone(), right.clone(), login.clone());
            let write = move |tx: &mut Tx<'_>| write(tx, &row, &id, &name, right.as_ref(), to_write.as_ref());
            match self.store.write(write).await? {
                Outcome::Done => {
                    tracing::info!(%user_id, admin, "a user has registered");
                    let login = login.map(|login| finished(user_id.to_string(), login)).transpose()?;
                    return Ok(Registered { user_id, login });
                }
                Outcome::UserInUse if given.is_none() => {}
                Outcome::UserInUse => return Err(Error::UserInUse),
                Outcome::TokenUsedUp => return Err(Error::forbidden("this registration token is not valid any more")),
                Outcome::NoDevice(reason) => return Err(reason.into()),
            }
        }
        Err(Error::Internal("no free user name was found"))
    }
}

/// Writes the account. What refuses it comes first, because a refusal is committed, too.
fn write(
    tx: &mut Tx<'_>,
    row: &UserRow,
    user_id: &UserId,
    displayname: &str,
    right: Option<&(Right, String)>,
    login: Option<&PreparedLogin>,
) -> store::Result<Outcome> {
    if users::get(tx.conn(), &row.user_id)?.is_some() {
        return Ok(Outcome::UserInUse);
    }
    if let Some((right, token)) = right
        && !use_right(tx, *right, token, row.created_at)?
    {
        return Ok(Outcome::TokenUsedUp);
    }
    if !users::insert(tx, row)? {
        return Ok(Outcome::UserInUse);
    }
    profiles::set(tx, &row.user_id, DISPLAYNAME, &Value::from(displayname).to_string())?;
    user_directory::set(tx, &row.user_id, &folded(user_id, Some(displayname)))?;
    let login = login.map(|login| write_login(tx, login)).transpose()?;
    Ok(login.unwrap_or(Ok(())).map_or_else(Outcome::NoDevice, |()| Outcome::Done))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use peerbrain_core::config::{RegistrationMode, Secret};

    use store::testing::each;

    use super::*;
    use crate::{Stage, testing::World};

    fn account(name: &str) -> NewAccount {
        NewAccount {
            username: Some(name.into()),
            password: "a good password".into(),
            device: NewDevice::default(),
            login: true,
        }
    }

    fn code<T>(result: Result<T>) -> Option<&'static str> {
        result.err().map(|error| error.code())
    }

    #[tokio::test]
    async fn an_account_is_made_and_logged_in() {
        each(async |database| {
            let world = World::open(database);
            let made = world.accounts.register(account("Alice"), None).await.unwrap();
            assert_eq!(made.user_id, "@alice:example.org");
            let session = world.session(&made.login.unwrap().access_token).await.unwrap();
            assert_eq!(session.user_id, made.user_id);
            assert!(!session.admin && !session.guest && !session.suspended);
            let (displayname, _) = world.accounts.member_profile(&made.user_id).await.unwrap();
            assert_eq!(displayname.as_deref(), Some("alice"));
            let silent = NewAccount { username: None, login: false, ..account("") };
            let made = world.accounts.register(silent, None).await.unwrap();
            assert!(made.login.is_none() && made.user_id.localpart().len() >= 8);
            assert!(world.accounts.devices(&made.user_id).await.unwrap().is_empty());
        })
        .await
    }

    #[tokio::test]
    async fn names_are_taken_once_and_for_ever() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            assert_eq!(code(world.accounts.check_username("ALICE").await), Some("M_USER_IN_USE"));
            assert_eq!(code(world.accounts.register(account("alice"), None).await), Some("M_USER_IN_USE"));
            assert_eq!(code(world.accounts.check_username("ali ce").await), Some("M_INVALID_USERNAME"));
            world.accounts.deactivate(&alice.user_id, None, false).await.unwrap();
            assert_eq!(code(world.accounts.check_username("alice").await), Some("M_USER_IN_USE"));
            assert!(world.accounts.check_username("bob").await.is_ok());
        })
        .await
    }

    #[tokio::test]
    async fn two_at_once_get_one_name_once() {
        each(async |database| {
            let world = World::open(database);
            let (one, two) = tokio::join!(
                world.accounts.register(account("bob"), None),
                world.accounts.register(account("bob"), None)
            );
            let refused: Vec<_> = [code(one), code(two)].into_iter().flatten().collect();
            assert_eq!(refused, ["M_USER_IN_USE"]);
        })
        .await
    }

    #[tokio::test]
    async fn weak_passwords_are_refused() {
        each(async |database| {
            let world = World::open(database);
            let weak = NewAccount { password: "1234567".into(), ..account("alice") };
            assert_eq!(code(world.accounts.register(weak, None).await), Some("M_WEAK_PASSWORD"));
            assert!(world.accounts.check_username("alice").await.is_ok(), "nothing was written");
        })
        .await
    }

    #[tokio::test]
    async fn the_first_administrator_has_a_token() {
        each(async |database| {
            let world = World::with(database, |config| config.registration.mode = RegistrationMode::Closed);
            assert_eq!(code(world.accounts.registration_flows().await), Some("M_FORBIDDEN"));
            let token = world.accounts.first_admin_token().await.unwrap().unwrap();
            assert_eq!(world.accounts.first_admin_token().await.unwrap().as_ref(), Some(&token));
            let wrong = token.to_lowercase();
            assert_eq!(world.accounts.registration_flows().await.unwrap(), [[Stage::RegistrationToken]]);
            assert!(!world.accounts.registration_token_valid(&wrong).await.unwrap());
            assert!(world.accounts.registration_token_valid(&token).await.unwrap());
            assert_eq!(code(world.accounts.register(account("stranger"), Some(&wrong)).await), Some("M_FORBIDDEN"));
            assert_eq!(code(world.accounts.register(account("stranger"), None).await), Some("M_FORBIDDEN"));
            let (one, two) = tokio::join!(
                world.accounts.register(account("one"), Some(&token)),
                world.accounts.register(account("two"), Some(&token))
            );
            let made: Vec<_> = [one, two].into_iter().flatten().collect();
            assert_eq!(made.len(), 1, "it is good once");
            assert!(world.session(&made[0].login.as_ref().unwrap().access_token).await.unwrap().admin);
            assert_eq!(code(world.accounts.registration_flows().await), Some("M_FORBIDDEN"));
            assert_eq!(world.accounts.first_admin_token().await.unwrap(), None);
        })
        .await
    }

    #[tokio::test]
    async fn open_registration_does_not_make_a_stranger_the_administrator() {
        each(async |database| {
            let world = World::open(database);
            let token = world.accounts.first_admin_token().await.unwrap().unwrap();
            let stranger = world.user("stranger").await;
            assert!(!world.session(&stranger.access_token).await.unwrap().admin);
            let flows = world.accounts.registration_flows().await.unwrap();
            assert_eq!(flows, [[Stage::Dummy], [Stage::RegistrationToken]]);
            let owner = world.accounts.register(account("owner"), Some(&token)).await.unwrap();
            assert!(world.session(&owner.login.unwrap().access_token).await.unwrap().admin);
            assert_eq!(world.accounts.registration_flows().await.unwrap(), [[Stage::Dummy]]);
        })
        .await
    }

    #[tokio::test]
    async fn tokens_are_counted_and_expire() {
        each(async |database| {
            let world = World::with(database, |config| {
                config.registration.mode = RegistrationMode::Token;
                config.registration.tokens = vec![Secret::new("configured")];
            });
            let accounts = &world.accounts;
            assert_eq!(accounts.registration_flows().await.unwrap(), [[Stage::RegistrationToken]]);
            for (token, valid) in [("configured", true), ("", false), ("guessed", false), ("Configured", false)] {
                assert_eq!(accounts.registration_token_valid(token).await.unwrap(), valid, "{token}");
            }
            accounts.register(account("a"), Some("configured")).await.unwrap();
            accounts.create_registration_token(Some("twice"), Some(2), None).await.unwrap();
            assert!(accounts.create_registration_token(Some("twice"), None, None).await.is_err());
            assert!(accounts.create_registration_token(Some("no spaces"), None, None).await.is_err());
            accounts.register(account("b"), Some("twice")).await.unwrap();
            accounts.register(account("c"), Some("twice")).await.unwrap();
            assert_eq!(code(accounts.register(account("d"), Some("twice")).await), Some("M_FORBIDDEN"));
            let soon = peerbrain_core::Clock::now_ms(&world.clock) + 1_000;
            let made_up = accounts.create_registration_token(None, None, Some(soon)).await.unwrap();
            assert!(accounts.registration_token_valid(&made_up).await.unwrap());
            world.clock.advance(Duration::from_secs(1));
            assert!(!accounts.registration_token_valid(&made_up).await.unwrap());
            assert_eq!(accounts.registration_tokens().await.unwrap().len(), 2);
            assert!(accounts.delete_registration_token(&made_up).await.unwrap());
            assert!(!accounts.delete_registration_token(&made_up).await.unwrap());
        })
        .await
    }
}

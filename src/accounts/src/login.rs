//! Logging in (client-server §legacy-login).

use ruma::UserId;
use store::{
    Tx,
    accounts::{UserRow, tokens as rows, users},
};

use crate::{
    Accounts, Error, JsonObject, Limit, Login, NewDevice, NoDevice, PasswordProof, Result,
    new_device::{PreparedLogin, finished, write_login},
    tokens::{self, Purpose, TokenHash},
    uiaa,
    username::existing_user_id,
};

/// How long a login token is good, in milliseconds.
pub const LOGIN_TOKEN_LASTS: i64 = 2 * 60 * 1_000;

/// What a login is proven with.
#[derive(Clone, Copy)]
pub enum Credentials<'a> {
    /// A user name or id, and the password.
    Password {
        /// The whole id or the local part.
        user: &'a str,
        /// The password.
        password: &'a str,
    },
    /// A login token.
    Token(&'a str),
}

impl<'a> Credentials<'a> {
    /// Reads the body of a login request.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a `type` that we do not speak; what is missing or of a wrong type.
    pub fn from_body(body: &'a JsonObject) -> Result<Self> {
        match uiaa::text(body, "type")? {
            "m.login.password" => {
                let password = uiaa::text(body, "password")?;
                Ok(Self::Password { user: uiaa::identified_user(body)?, password })
            }
            "m.login.token" => Ok(Self::Token(uiaa::text(body, "token")?)),
            _ => Err(Error::Unknown("this type of login is not known".into())),
        }
    }
}

/// What must still hold when the login is written.
#[derive(Clone)]
enum Proof {
    /// The password of a user.
    Password(PasswordProof),
    /// The hash of a login token.
    Token(TokenHash),
}

/// How the write of a login ended.
enum Outcome {
    Done(String),
    Refused,
    Deactivated,
    Locked,
    NoDevice(NoDevice),
}

impl Accounts {
    /// Logs a user in on a device.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for wrong credentials, [`Error::Deactivated`], [`Error::Locked`],
    /// [`Error::LimitExceeded`].
    pub async fn login(&self, credentials: Credentials<'_>, device: NewDevice) -> Result<Login> {
        let proof = match credentials {
            Credentials::Password { user, password } => self.by_password(user, password).await?,
            Credentials::Token(token) => Proof::Token(tokens::hash(token)),
        };
        let prepared = self.prepare_login("", device)?;
        let (now, to_write) = (self.clock.now_ms(), prepared.clone());
        let outcome = self.store.write(move |tx| write_checked(tx, to_write.clone(), &proof, now)).await?;
        match outcome {
            Outcome::Done(user_id) => finished(user_id, prepared),
            Outcome::Refused => Err(wrong_credentials()),
            Outcome::Deactivated => Err(Error::Deactivated),
            Outcome::Locked => Err(Error::Locked),
            Outcome::NoDevice(reason) => Err(reason.into()),
        }
    }

    async fn by_password(&self, user: &str, password: &str) -> Result<Proof> {
        let user_id = existing_user_id(user, &self.server_name).ok_or_else(wrong_credentials)?;
        self.limits.check(Limit::Login, &user_id)?;
        let user = self.check_password(&user_id, password).await?.ok_or_else(wrong_credentials)?;
        Ok(Proof::Password(PasswordProof::new(user_id, &user)))
    }

    /// A token with which this user can log in once, within [`LOGIN_TOKEN_LASTS`].
    pub async fn create_login_token(&self, user_id: &UserId) -> Result<String> {
        self.active_user(user_id).await?;
        let secret = tokens::fresh(&*self.random, Purpose::Login);
        let (user, expires_at) = (user_id.to_string(), self.clock.now_ms() + LOGIN_TOKEN_LASTS);
        self.store.write(move |tx| rows::insert_login_token(tx, &secret.hash, &user, expires_at)).await?;
        Ok(secret.text)
    }
}

fn wrong_credentials() -> Error {
    Error::forbidden("wrong user name, password or login token")
}

/// Takes the login token, if that is the proof, and looks at the account again: it may have changed meanwhile.
fn write_checked(tx: &mut Tx<'_>, mut prepared: PreparedLogin, proof: &Proof, now: i64) -> store::Result<Outcome> {
    let user_id = match proof {
        Proof::Password(proof) => proof.user_id().to_string(),
        Proof::Token(hash) => match rows::take_login_token(tx, hash)? {
            Some((user_id, expires_at)) if now < expires_at => user_id,
            _ => return Ok(Outcome::Refused),
        },
    };
    prepared.device.user_id = user_id.clone();
    match users::get(tx.conn(), &user_id)? {
        None => Ok(Outcome::Refused),
        Some(UserRow { deactivated: true, .. }) => Ok(Outcome::Deactivated),
        Some(UserRow { locked: true, .. }) => Ok(Outcome::Locked),
        // The password was changed while it was compared.
        Some(user) if matches!(proof, Proof::Password(proof) if !proof.holds(&user)) => Ok(Outcome::Refused),
        Some(_) => Ok(write_login(tx, &prepared)?.map_or_else(Outcome::NoDevice, |()| Outcome::Done(user_id))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use peerbrain_core::limits::DEVICE_NAME_BYTES;
    use serde_json::json;

    use store::testing::each;

    use super::*;
    use crate::{Seen, testing::World};

    fn by<'a>(user: &'a str, password: &'a str) -> Credentials<'a> {
        Credentials::Password { user, password }
    }

    fn on(device_id: &str) -> NewDevice {
        NewDevice { device_id: Some(device_id.into()), ..NewDevice::default() }
    }

    #[tokio::test]
    async fn by_name_or_id_and_password() {
        each(async |database| {
            let world = World::open(database);
            world.user("alice").await;
            for user in ["alice", "@alice:example.org", "ALICE"] {
                let login = world.accounts.login(by(user, "password alice"), NewDevice::default()).await.unwrap();
                assert_eq!(login.user_id, "@alice:example.org");
                assert_eq!((login.refresh_token, login.expires_in_ms), (None, None));
                let session = world.accounts.authenticate(&login.access_token, Seen::default()).await.unwrap();
                assert_eq!(session.device_id, login.device_id);
            }
        })
        .await
    }

    #[tokio::test]
    async fn wrong_credentials_all_look_alike() {
        each(async |database| {
            let world = World::open(database);
            world.user("alice").await;
            for (user, password) in [
                ("alice", "wrong"),
                ("ali\0ce", "x"),
                ("nobody", "password alice"),
                ("@alice:elsewhere.org", "password alice"),
                ("", ""),
            ] {
                let refused = world.accounts.login(by(user, password), NewDevice::default()).await;
                assert_eq!(refused.err().map(|e| (e.status(), e.code())), Some((403, "M_FORBIDDEN")), "{user}");
            }
        })
        .await
    }

    #[tokio::test]
    async fn a_known_device_keeps_its_name_and_loses_its_token() {
        each(async |database| {
            let world = World::open(database);
            world.user("alice").await;
            let named = NewDevice { display_name: Some("Toaster".into()), ..on("TOASTER") };
            let first = world.accounts.login(by("alice", "password alice"), named).await.unwrap();
            world.accounts.authenticate(&first.access_token, Seen::default()).await.unwrap();
            let renamed = NewDevice { display_name: Some("Kettle".into()), ..on("TOASTER") };
            let second = world.accounts.login(by("alice", "password alice"), renamed).await.unwrap();
            let old = world.accounts.authenticate(&first.access_token, Seen::default()).await;
            assert!(matches!(old, Err(Error::UnknownToken { soft_logout: false })));
            world.accounts.authenticate(&second.access_token, Seen::default()).await.unwrap();
            let device = world.accounts.device(&second.user_id, "TOASTER".into()).await.unwrap();
            assert_eq!(device.display_name.as_deref(), Some("Toaster"));
        })
        .await
    }

    #[tokio::test]
    async fn odd_devices_are_refused() {
        each(async |database| {
            let world = World::open(database);
            world.user("alice").await;
            let long = NewDevice { display_name: Some("x".repeat(DEVICE_NAME_BYTES + 1)), ..NewDevice::default() };
            let refused = world.accounts.login(by("alice", "password alice"), long).await;
            assert!(matches!(refused, Err(Error::TooLarge(_))));
            let refused = world.accounts.login(by("alice", "password alice"), on("zero\0")).await;
            assert!(matches!(refused, Err(Error::InvalidParam(_))));
            let refused = world.accounts.login(by("alice", "password alice"), on(&"x".repeat(256))).await;
            assert!(matches!(refused, Err(Error::InvalidParam(_))));
        })
        .await
    }

    #[tokio::test]
    async fn a_login_token_is_good_once_and_not_for_long() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await.user_id;
            let token = world.accounts.create_login_token(&alice).await.unwrap();
            let login = world.accounts.login(Credentials::Token(&token), NewDevice::default()).await.unwrap();
            assert_eq!(login.user_id, alice);
            let again = world.accounts.login(Credentials::Token(&token), NewDevice::default()).await;
            assert_eq!(again.err().map(|e| e.code()), Some("M_FORBIDDEN"));
            let late = world.accounts.create_login_token(&alice).await.unwrap();
            world.clock.advance(Duration::from_secs(121));
            assert!(world.accounts.login(Credentials::Token(&late), NewDevice::default()).await.is_err());
            let forgotten = world.accounts.create_login_token(&alice).await.unwrap();
            world.clock.advance(Duration::from_secs(121));
            world.accounts.housekeeping().await.unwrap();
            assert!(world.accounts.login(Credentials::Token(&forgotten), NewDevice::default()).await.is_err());
        })
        .await
    }

    #[tokio::test]
    async fn after_many_wrong_passwords_the_right_one_has_to_wait() {
        each(async |database| {
            let world = World::with(database, |config| config.rate_limits.enabled = true);
            world.user("alice").await;
            for _ in 0..5 {
                let refused = world.accounts.login(by("alice", "wrong"), NewDevice::default()).await;
                assert!(matches!(refused, Err(Error::Forbidden(_))));
            }
            let refused = world.accounts.login(by("alice", "password alice"), NewDevice::default()).await;
            let Err(Error::LimitExceeded { retry_after }) = refused else { panic!("not limited") };
            world.clock.advance(retry_after);
            world.accounts.login(by("alice", "password alice"), NewDevice::default()).await.unwrap();
        })
        .await
    }

    #[test]
    fn bodies_are_read() {
        let code = |body: serde_json::Value| {
            let body = body.as_object().unwrap().clone();
            Credentials::from_body(&body).err().map(|error| (error.status(), error.code()))
        };
        let known =
            json!({ "type": "m.login.password", "password": "p", "identifier": { "type": "m.id.user", "user": "a" } });
        assert_eq!(code(known), None);
        assert_eq!(code(json!({ "type": "m.login.password", "password": "p", "user": "a" })), None);
        assert_eq!(code(json!({ "type": "m.login.token", "token": "t" })), None);
        assert_eq!(code(json!({})), Some((400, "M_MISSING_PARAM")));
        assert_eq!(code(json!({ "type": 1 })), Some((400, "M_BAD_JSON")));
        assert_eq!(code(json!({ "type": "m.login.smoke" })), Some((400, "M_UNKNOWN")));
        assert_eq!(code(json!({ "type": "m.login.password", "user": "a" })), Some((400, "M_MISSING_PARAM")));
        let by_mail = json!({ "type": "m.login.password", "password": "p", "medium": "email", "address": "a@b" });
        assert_eq!(code(by_mail), Some((403, "M_FORBIDDEN")));
        let by_phone = json!({ "type": "m.login.password", "password": "p", "identifier": { "type": "m.id.phone" } });
        assert_eq!(code(by_phone), Some((403, "M_FORBIDDEN")));
    }
}

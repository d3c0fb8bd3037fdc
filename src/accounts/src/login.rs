//! Logging in (client-server §legacy-login).

use std::net::IpAddr;

use peerbrain_core::{
    limits::{DEVICE_NAME_BYTES, DEVICES_PER_USER, ID_BYTES},
    random,
};
use ruma::{OwnedDeviceId, OwnedUserId, UserId};
use store::{
    Tx,
    accounts::{DeviceRow, TokenKind, UserRow, devices, tokens as rows, users},
};

use crate::{
    Accounts, Error, JsonObject, Limit, Result,
    last_seen::shortened,
    storable::check_storable,
    tokens::{self, Purpose, Secret, TokenHash},
    uiaa,
    username::existing_user_id,
};

/// How long an access token is good whose client can refresh it, in milliseconds.
pub(crate) const ACCESS_TOKEN_LASTS: i64 = 60 * 60 * 1_000;
/// How long a refresh token waits for its use, in milliseconds.
pub(crate) const REFRESH_TOKEN_LASTS: i64 = 180 * 24 * 60 * 60 * 1_000;
/// How long a login token is good, in milliseconds.
const LOGIN_TOKEN_LASTS: i64 = 2 * 60 * 1_000;
/// The first pair of tokens that a device gets.
const FIRST_GENERATION: i64 = 1;

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

/// The device that logs in.
#[derive(Clone, Debug, Default)]
pub struct NewDevice {
    /// The id that the client wants; one that it has used before keeps its name and loses its old tokens.
    pub device_id: Option<String>,
    /// What a new device is called.
    pub display_name: Option<String>,
    /// Whether the client can refresh tokens; without it they do not expire.
    pub refresh: bool,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// Its `User-Agent`.
    pub user_agent: Option<String>,
}

/// A login that succeeded.
#[derive(Clone)]
pub struct Login {
    /// The user.
    pub user_id: OwnedUserId,
    /// The device.
    pub device_id: OwnedDeviceId,
    /// The access token.
    pub access_token: String,
    /// The refresh token, for a client that can use it.
    pub refresh_token: Option<String>,
    /// How long the access token is good, in milliseconds; none: until it is revoked.
    pub expires_in_ms: Option<u64>,
}

/// All that a login will write, made before its transaction.
#[derive(Clone)]
pub(crate) struct PreparedLogin {
    device: DeviceRow,
    tokens: TokenPair,
}

/// An access token, and a refresh token with it where the client can use one.
#[derive(Clone)]
pub(crate) struct TokenPair {
    pub access: Secret,
    pub access_expires_at: Option<i64>,
    pub refresh: Option<(Secret, i64)>,
}

impl TokenPair {
    /// Adds the tokens to a device.
    pub fn write(&self, tx: &mut Tx<'_>, device: (&str, &str), generation: i64) -> store::Result<()> {
        rows::insert(tx, (&self.access.hash, TokenKind::Access), device, generation, self.access_expires_at)?;
        if let Some((secret, expires_at)) = &self.refresh {
            rows::insert(tx, (&secret.hash, TokenKind::Refresh), device, generation, Some(*expires_at))?;
        }
        Ok(())
    }
}

/// How the write of a login ended.
enum Outcome {
    Done(String),
    BadToken,
    Deactivated,
    Locked,
    TooManyDevices,
}

impl Accounts {
    /// Logs a user in on a device.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for wrong credentials, [`Error::Deactivated`], [`Error::Locked`],
    /// [`Error::LimitExceeded`].
    pub async fn login(&self, credentials: Credentials<'_>, device: NewDevice) -> Result<Login> {
        let (user_id, token) = match credentials {
            Credentials::Password { user, password } => (Some(self.by_password(user, password).await?), None),
            Credentials::Token(token) => (None, Some(tokens::hash(token))),
        };
        let prepared = self.prepare_login(user_id.as_deref().map_or("", UserId::as_str), device)?;
        let (now, to_write) = (self.clock.now_ms(), prepared.clone());
        let outcome = self.store.write(move |tx| write_checked(tx, to_write.clone(), token, now)).await?;
        match outcome {
            Outcome::Done(user_id) => finished(user_id, prepared),
            Outcome::BadToken => Err(Error::forbidden("this login token is not valid")),
            Outcome::Deactivated => Err(Error::Deactivated),
            Outcome::Locked => Err(Error::Locked),
            Outcome::TooManyDevices => Err(too_many_devices()),
        }
    }

    async fn by_password(&self, user: &str, password: &str) -> Result<OwnedUserId> {
        let wrong = || Error::forbidden("wrong user name or password");
        let user_id = existing_user_id(user, &self.server_name).ok_or_else(wrong)?;
        self.limits.check(Limit::Login, &user_id)?;
        self.check_password(&user_id, password).await?.ok_or_else(wrong)?;
        Ok(user_id)
    }

    /// A token with which this user can log in once, within two minutes.
    pub async fn create_login_token(&self, user_id: &UserId) -> Result<String> {
        self.active_user(user_id).await?;
        let secret = tokens::fresh(&*self.random, Purpose::Login);
        let (user, expires_at) = (user_id.to_string(), self.clock.now_ms() + LOGIN_TOKEN_LASTS);
        self.store.write(move |tx| rows::insert_login_token(tx, &secret.hash, &user, expires_at)).await?;
        Ok(secret.text)
    }

    /// Makes the rows of a login.
    pub(crate) fn prepare_login(&self, user_id: &str, device: NewDevice) -> Result<PreparedLogin> {
        let (now, refresh) = (self.clock.now_ms(), device.refresh);
        let device_id = match device.device_id.filter(|id| !id.is_empty()) {
            Some(id) if id.len() > ID_BYTES => return Err(Error::invalid_param("the device id is too long")),
            Some(id) => {
                check_storable(&id)?;
                id
            }
            None => random::device_id(&*self.random),
        };
        let device = DeviceRow {
            user_id: user_id.to_owned(),
            device_id,
            display_name: device.display_name.map(|name| checked_device_name(&name).map(str::to_owned)).transpose()?,
            created_at: now,
            last_seen_at: Some(now),
            last_seen_ip: device.ip.map(|ip| ip.to_string()),
            last_seen_agent: device.user_agent.as_deref().map(shortened),
        };
        Ok(PreparedLogin { device, tokens: self.token_pair(refresh, now) })
    }

    /// Makes a pair of tokens, or a single one that does not expire.
    pub(crate) fn token_pair(&self, refresh: bool, now: i64) -> TokenPair {
        let secret = |purpose| tokens::fresh(&*self.random, purpose);
        TokenPair {
            access: secret(Purpose::Access),
            access_expires_at: refresh.then_some(now + ACCESS_TOKEN_LASTS),
            refresh: refresh.then(|| (secret(Purpose::Refresh), now + REFRESH_TOKEN_LASTS)),
        }
    }
}

/// # Errors
/// [`Error::TooLarge`] for a name that is too long.
pub(crate) fn checked_device_name(name: &str) -> Result<&str> {
    if name.len() > DEVICE_NAME_BYTES {
        return Err(Error::too_large("the name of the device is too long"));
    }
    check_storable(name)?;
    Ok(name)
}

pub(crate) fn too_many_devices() -> Error {
    Error::forbidden("this account has too many devices: log some of them out first")
}

/// The answer to a login that was written.
pub(crate) fn finished(user_id: String, prepared: PreparedLogin) -> Result<Login> {
    let user_id = OwnedUserId::try_from(user_id).map_err(|_| store::Error::Corrupt("a user id that is none".into()))?;
    let PreparedLogin { device, tokens } = prepared;
    Ok(Login {
        user_id,
        device_id: device.device_id.into(),
        access_token: tokens.access.text,
        expires_in_ms: tokens.access_expires_at.and(u64::try_from(ACCESS_TOKEN_LASTS).ok()),
        refresh_token: tokens.refresh.map(|(secret, _)| secret.text),
    })
}

/// Takes the login token, if one is given, and looks at the account again: it may have changed meanwhile.
fn write_checked(
    tx: &mut Tx<'_>,
    mut prepared: PreparedLogin,
    login_token: Option<TokenHash>,
    now: i64,
) -> store::Result<Outcome> {
    if let Some(hash) = login_token {
        match rows::take_login_token(tx, &hash)? {
            Some((user_id, expires_at)) if now < expires_at => prepared.device.user_id = user_id,
            _ => return Ok(Outcome::BadToken),
        }
    }
    let user_id = prepared.device.user_id.clone();
    match users::get(tx.conn(), &user_id)? {
        None => Ok(Outcome::BadToken),
        Some(UserRow { deactivated: true, .. }) => Ok(Outcome::Deactivated),
        Some(UserRow { locked: true, .. }) => Ok(Outcome::Locked),
        Some(_) if write_login(tx, &prepared)? => Ok(Outcome::Done(user_id)),
        Some(_) => Ok(Outcome::TooManyDevices),
    }
}

/// Adds the device, or revokes the tokens of the one that is there, and gives it its tokens. False where the user has
/// too many devices already.
pub(crate) fn write_login(tx: &mut Tx<'_>, prepared: &PreparedLogin) -> store::Result<bool> {
    let PreparedLogin { device, tokens } = prepared;
    let (user_id, device_id) = (device.user_id.as_str(), device.device_id.as_str());
    if devices::get(tx.conn(), user_id, device_id)?.is_some() {
        rows::revoke_all(tx, user_id, device_id)?;
    } else {
        let most = i64::try_from(DEVICES_PER_USER).unwrap_or(i64::MAX);
        if devices::count(tx.conn(), user_id)? >= most {
            return Ok(false);
        }
        devices::insert(tx, device)?;
    }
    tokens.write(tx, (user_id, device_id), FIRST_GENERATION)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

//! Registration by programs that know a secret, as Synapse's `/_synapse/admin/v1/register` has it.

use std::collections::HashMap;

use parking_lot::Mutex;
use peerbrain_core::random::opaque_id;
use ring::hmac;

use super::{NewAccount, Registered, register::Creation};
use crate::{
    Accounts, Error, NewDevice, Result,
    profile::{DISPLAYNAME, check_value},
};

/// How long a nonce is good, in milliseconds.
const NONCE_LASTS: i64 = 60_000;
/// Nonces at a time; one more drops the oldest.
const MOST_NONCES: usize = 1_000;

/// A registration with a message authentication code.
#[derive(Clone)]
pub struct MacRegistration {
    /// The nonce that was asked for before.
    pub nonce: String,
    /// The local part of the id.
    pub username: String,
    /// The password.
    pub password: String,
    /// The display name; none: the local part.
    pub displayname: Option<String>,
    /// Whether the user becomes an administrator.
    pub admin: bool,
    /// Another kind of user. There are none, but the code covers it.
    pub user_type: Option<String>,
    /// HMAC-SHA1 under the shared secret, as hexadecimal digits.
    pub mac: String,
    /// The device that is logged in.
    pub device: NewDevice,
    /// Whether a device is logged in at all.
    pub login: bool,
}

impl MacRegistration {
    /// What the code is made of: nonce, name, password, "admin" or "notadmin", and the type if there is one, with
    /// zero bytes between them.
    fn message(&self) -> Vec<u8> {
        let admin = if self.admin { "admin" } else { "notadmin" };
        let mut parts = vec![self.nonce.as_str(), &self.username, &self.password, admin];
        parts.extend(self.user_type.as_deref());
        parts.join("\0").into_bytes()
    }
}

/// The nonces that were given out and not yet used, with their times.
#[derive(Default)]
pub(crate) struct Nonces {
    given: Mutex<HashMap<String, i64>>,
}

impl Nonces {
    fn give(&self, nonce: String, now: i64) {
        let mut given = self.given.lock();
        if given.len() >= MOST_NONCES {
            let oldest = given.iter().min_by_key(|(_, at)| **at).map(|(nonce, _)| nonce.clone());
            given.remove(&oldest.unwrap_or_default());
        }
        given.insert(nonce, now);
    }

    fn take(&self, nonce: &str, now: i64) -> bool {
        self.given.lock().remove(nonce).is_some_and(|at| now.saturating_sub(at) < NONCE_LASTS)
    }

    pub(crate) fn forget_old(&self, now: i64) {
        self.given.lock().retain(|_, at| now.saturating_sub(*at) < NONCE_LASTS);
    }
}

impl Accounts {
    /// A nonce for one [`Accounts::register_with_mac`] within a minute.
    ///
    /// # Errors
    /// [`Error::Unknown`] where no shared secret is configured.
    pub fn registration_nonce(&self) -> Result<String> {
        self.shared_secret()?;
        let nonce = opaque_id(&*self.random);
        self.nonces.give(nonce.clone(), self.clock.now_ms());
        Ok(nonce)
    }

    /// Registers a user, whatever the mode.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a nonce that was not given or is used, [`Error::Forbidden`] for a wrong code, and what
    /// [`Accounts::check_username`] refuses.
    pub async fn register_with_mac(&self, registration: MacRegistration) -> Result<Registered> {
        let key = self.shared_secret()?;
        if !self.nonces.take(&registration.nonce, self.clock.now_ms()) {
            return Err(Error::Unknown("this nonce is not known".into()));
        }
        if registration.username.contains('\0') || registration.password.contains('\0') {
            return Err(Error::invalid_param("user name and password may not contain zero bytes"));
        }
        let mac = from_hex(&registration.mac).unwrap_or_default();
        if hmac::verify(&key, &registration.message(), &mac).is_err() {
            return Err(Error::forbidden("the message authentication code is wrong"));
        }
        if registration.user_type.is_some() {
            return Err(Error::invalid_param("this server knows no user types"));
        }
        let MacRegistration { username, password, displayname, admin, device, login, .. } = registration;
        let displayname = displayname.filter(|name| !name.is_empty());
        if let Some(name) = &displayname {
            check_value(DISPLAYNAME, &name.as_str().into())?;
        }
        let account = NewAccount { username: Some(username), password, device, login };
        self.create(Creation { account, admin, displayname, right: None }).await
    }

    fn shared_secret(&self) -> Result<hmac::Key> {
        let secret = self.registration.shared_secret.as_ref();
        let secret = secret.ok_or(Error::Unknown("registration by a shared secret is not enabled".into()))?;
        Ok(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose().as_bytes()))
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use peerbrain_core::config::{RegistrationMode, Secret};

    use store::testing::{Database, each};

    use super::*;
    use crate::testing::World;

    fn world(database: Database) -> World {
        World::with(database, |config| {
            config.registration.mode = RegistrationMode::Closed;
            config.registration.shared_secret = Some(Secret::new("a shared secret!"));
        })
    }

    fn signed(nonce: &str, username: &str, admin: bool) -> MacRegistration {
        let mut registration = MacRegistration {
            nonce: nonce.into(),
            username: username.into(),
            password: "a good password".into(),
            displayname: None,
            admin,
            user_type: None,
            mac: String::new(),
            device: NewDevice::default(),
            login: true,
        };
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"a shared secret!");
        let mac = hmac::sign(&key, &registration.message());
        registration.mac = mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        registration
    }

    fn code(result: Result<Registered>) -> Option<(u16, &'static str)> {
        result.err().map(|error| (error.status(), error.code()))
    }

    #[tokio::test]
    async fn who_knows_the_secret_may_register() {
        each(async |database| {
            let world = world(database);
            for (name, admin) in [("user", false), ("boss", true)] {
                let nonce = world.accounts.registration_nonce().unwrap();
                let made = world.accounts.register_with_mac(signed(&nonce, name, admin)).await.unwrap();
                assert_eq!(world.session(&made.login.unwrap().access_token).await.unwrap().admin, admin);
            }
        })
        .await
    }

    #[tokio::test]
    async fn others_may_not() {
        each(async |database| {
            let world = world(database);
            let nonce = world.accounts.registration_nonce().unwrap();
            let forged = MacRegistration { admin: true, ..signed(&nonce, "x", false) };
            assert_eq!(code(world.accounts.register_with_mac(forged).await), Some((403, "M_FORBIDDEN")));
            let replayed = signed(&nonce, "x", false);
            assert_eq!(code(world.accounts.register_with_mac(replayed).await), Some((400, "M_UNKNOWN")));
            let nonce = world.accounts.registration_nonce().unwrap();
            let odd = MacRegistration { mac: "zz".into(), ..signed(&nonce, "x", false) };
            assert_eq!(code(world.accounts.register_with_mac(odd).await), Some((403, "M_FORBIDDEN")));
            let late = world.accounts.registration_nonce().unwrap();
            world.clock.advance(Duration::from_secs(60));
            assert_eq!(
                code(world.accounts.register_with_mac(signed(&late, "x", false)).await),
                Some((400, "M_UNKNOWN"))
            );
        })
        .await
    }

    #[tokio::test]
    async fn names_have_the_bounds_of_profiles() {
        let world = world(Database::sqlite());
        let nonce = world.accounts.registration_nonce().unwrap();
        let long = MacRegistration { displayname: Some("x".repeat(1_025)), ..signed(&nonce, "x", false) };
        assert_eq!(code(world.accounts.register_with_mac(long).await), Some((400, "M_INVALID_PARAM")));
        let nonce = world.accounts.registration_nonce().unwrap();
        let empty = MacRegistration { displayname: Some(String::new()), ..signed(&nonce, "x", false) };
        let user_id = world.accounts.register_with_mac(empty).await.unwrap().user_id;
        let (name, _) = world.accounts.member_profile(&user_id).await.unwrap();
        assert_eq!(name.as_deref(), Some("x"));
    }

    #[tokio::test]
    async fn without_a_secret_that_way_is_shut() {
        let world = World::open(Database::sqlite());
        let refused = world.accounts.registration_nonce().err().map(|error| error.code());
        assert_eq!(refused, Some("M_UNKNOWN"));
    }

    #[test]
    fn nonces_are_bounded() {
        let nonces = Nonces::default();
        for i in 0..2 * MOST_NONCES {
            nonces.give(i.to_string(), i64::try_from(i).unwrap());
        }
        assert_eq!(nonces.given.lock().len(), MOST_NONCES);
        assert!(nonces.take("1500", 0) && !nonces.take("1500", 0) && !nonces.take("5", 0));
    }

    #[test]
    fn hexadecimal_digits_are_read() {
        assert_eq!(from_hex("00fFa1"), Some(vec![0, 255, 161]));
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("0g"), None);
    }
}

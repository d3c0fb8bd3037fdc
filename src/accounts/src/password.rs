//! Passwords: hashed with Argon2id in the background, a few at a time behind a short queue.

use std::{
    borrow::Cow,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use peerbrain_core::{Random, background, config, limits::PASSWORD_BYTES, random};
use ruma::UserId;
use store::accounts::UserRow;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{Accounts, Error, Limit, Result};

/// Bytes of salt.
const SALT: usize = 16;
/// When to try again after the queue was full.
const QUEUE_RETRY: Duration = Duration::from_secs(2);

/// Hashes passwords and compares them.
pub(crate) struct Passwords {
    params: Params,
    min_length: usize,
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    /// What no password hashes to: the comparison for users that do not exist.
    nobody: String,
}

impl Passwords {
    pub(crate) fn new(config: &config::Passwords, random: &dyn Random) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let at_once = if config.at_once == 0 { cores } else { config.at_once };
        let params = Params::new(config.memory_kb, config.passes, 1, None).unwrap_or_default();
        let salt = STANDARD_NO_PAD.encode(random::bytes::<SALT>(random));
        let hash = STANDARD_NO_PAD.encode(random::bytes::<32>(random));
        let (memory, passes) = (params.m_cost(), params.t_cost());
        Self {
            nobody: format!("$argon2id$v=19$m={memory},t={passes},p=1${salt}${hash}"),
            params,
            min_length: config.min_length,
            permits: Arc::new(Semaphore::new(at_once)),
            waiting: Arc::default(),
            queue: config.queue,
        }
    }

    /// # Errors
    /// [`Error::WeakPassword`], [`Error::InvalidParam`]: nobody may have this password.
    pub(crate) fn check_new(&self, password: &str) -> Result<()> {
        if password.len() > PASSWORD_BYTES {
            return Err(Error::invalid_param("the password is too long"));
        }
        if password.chars().count() < self.min_length {
            let text = format!("a password needs at least {} characters", self.min_length);
            return Err(Error::WeakPassword(Cow::Owned(text)));
        }
        Ok(())
    }

    /// The hash of a new password, in PHC form.
    pub(crate) async fn hash(&self, password: &str, random: &dyn Random) -> Result<String> {
        let (password, salt, params) = (password.to_owned(), random::bytes::<SALT>(random), self.params.clone());
        self.run(move || {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let hash: PasswordHash = argon2
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map_err(|_| Error::Internal("a password could not be hashed"))?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether this is the password. Takes as long where there is none to compare with.
    pub(crate) async fn verify(&self, password: &str, stored: Option<String>) -> Result<bool> {
        if password.len() > PASSWORD_BYTES {
            return Ok(false);
        }
        let exists = stored.is_some();
        let (password, stored) = (password.to_owned(), stored.unwrap_or_else(|| self.nobody.clone()));
        self.run(move || {
            let hash =
                PasswordHash::new(&stored).map_err(|_| Error::Internal("a stored password could not be read"))?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && exists)
        })
        .await
    }

    /// Runs `f` in the background when it is its turn.
    async fn run<T: Send + 'static>(&self, f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let permit = self.turn().await?;
        let (done, result) = oneshot::channel();
        let work = move || {
            // Kept even if the caller has gone away: the core is busy until the hash is done.
            let _permit = permit;
            let _ = done.send(f());
        };
        background::start("password", work).map_err(|_| Error::Internal("there is no thread for a password"))?;
        result.await.map_err(|_| Error::Internal("the hashing of a password broke off"))?
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        let place = Place::take(&self.waiting);
        if place.number > self.queue {
            return Err(Error::LimitExceeded { retry_after: QUEUE_RETRY });
        }
        self.permits.clone().acquire_owned().await.map_err(|_| Error::Internal("the password queue is closed"))
    }
}

/// A place in the queue, given back when dropped.
struct Place {
    waiting: Arc<AtomicUsize>,
    number: usize,
}

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Self {
        Self { number: waiting.fetch_add(1, Ordering::SeqCst) + 1, waiting: waiting.clone() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Accounts {
    /// The user whose password this is; none where it is wrong or there is no such user.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] after too many wrong ones, and where too many wait. [`Error::Deactivated`].
    pub(crate) async fn check_password(&self, user_id: &UserId, password: &str) -> Result<Option<UserRow>> {
        // Taken before it is known to be wrong: else as many could be tried at once as may wait.
        self.limits.check(Limit::FailedLogin, user_id)?;
        let checked = self.check_password_once(user_id, password).await;
        if !matches!(checked, Ok(None)) {
            self.limits.give_back(Limit::FailedLogin, user_id);
        }
        checked
    }

    async fn check_password_once(&self, user_id: &UserId, password: &str) -> Result<Option<UserRow>> {
        let user = self.user_row(user_id).await?;
        let stored = user.as_ref().and_then(|user| user.password_hash.clone());
        if self.passwords.verify(password, stored).await? {
            return Ok(user);
        }
        if user.is_some_and(|user| user.deactivated) {
            return Err(Error::Deactivated);
        }
        Ok(None)
    }

    /// # Errors
    /// [`Error::WeakPassword`], [`Error::InvalidParam`]: nobody may have this password.
    pub fn check_new_password(&self, password: &str) -> Result<()> {
        self.passwords.check_new(password)
    }
}

#[cfg(test)]
mod tests {
    use peerbrain_core::SeededRandom;

    use super::*;

    fn cheap(queue: usize) -> Passwords {
        let config = config::Passwords { memory_kb: 64, passes: 1, at_once: 1, queue, ..Default::default() };
        Passwords::new(&config, &SeededRandom::new(1))
    }

    #[tokio::test]
    async fn a_password_is_known_again() {
        let passwords = cheap(8);
        let hash = passwords.hash("correct horse", &SeededRandom::new(2)).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(passwords.verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("battery staple", Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(&"x".repeat(PASSWORD_BYTES + 1), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse", None).await.unwrap());
    }

    #[tokio::test]
    async fn the_hash_of_nobody_is_one_that_is_computed() {
        let passwords = cheap(8);
        assert!(!passwords.verify("anything", Some(passwords.nobody.clone())).await.unwrap());
    }

    #[tokio::test]
    async fn a_full_queue_sends_people_away() {
        let passwords = Arc::new(cheap(2));
        let held = passwords.permits.clone().acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.verify("x", None).await })
            })
            .collect();
        while passwords.waiting.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.verify("x", None).await;
        assert!(matches!(refused, Err(Error::LimitExceeded { retry_after }) if !retry_after.is_zero()));
        drop(held);
        for waiting in waiting {
            assert!(!waiting.await.unwrap().unwrap());
        }
        assert_eq!(passwords.waiting.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        let passwords = cheap(1);
        assert!(matches!(passwords.check_new("1234567"), Err(Error::WeakPassword(_))));
        assert!(passwords.check_new("12345678").is_ok());
        assert!(passwords.check_new(&"x".repeat(PASSWORD_BYTES + 1)).is_err());
    }
}

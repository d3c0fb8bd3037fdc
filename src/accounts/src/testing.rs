//! A small world for the tests of this crate: a database in a folder of its own, a clock that stands still.

use std::{sync::Arc, time::Duration};

use peerbrain_core::{Config, ManualClock, SystemRandom, config::RegistrationMode};
use ruma::server_name;
use store::{Options, Store, Target};

use crate::{Accounts, Caches, Credentials, Login, NewAccount, NewDevice, Result, Seen, Session};

/// Accounts on a fresh database.
pub(crate) struct World {
    pub accounts: Accounts,
    pub clock: ManualClock,
    pub store: Store,
    _folder: tempfile::TempDir,
}

impl World {
    /// With open registration and without rate limits.
    pub fn open() -> Self {
        Self::with(|_| {})
    }

    /// With a configuration of its own.
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.name = server_name!("example.org").to_owned();
        config.registration.mode = RegistrationMode::Open;
        config.rate_limits.enabled = false;
        config.passwords.memory_kb = 64;
        config.passwords.passes = 1;
        change(&mut config);
        let caches = Arc::new(Caches::default());
        let store = Store::open(Options {
            target: Target::Sqlite(folder.path().join("test.db")),
            server_name: config.server.name.to_string(),
            readers: 2,
            slow_readers: 1,
            observers: vec![caches.clone()],
        })
        .unwrap();
        let clock = ManualClock::at(1_700_000_000_000);
        let random = Arc::new(SystemRandom::new());
        let accounts = Accounts::new(store.clone(), caches, Arc::new(clock.clone()), random, &config);
        Self { accounts, clock, store, _folder: folder }
    }

    /// Registers a user whose password is "password NAME".
    pub async fn user(&self, name: &str) -> Login {
        let account = NewAccount {
            username: Some(name.into()),
            password: format!("password {name}"),
            device: NewDevice::default(),
            login: true,
        };
        self.accounts.register(account, None).await.unwrap().login.unwrap()
    }

    /// Logs such a user in on a device.
    pub async fn login(&self, name: &str, device_id: &str) -> Login {
        let password = format!("password {name}");
        let device = NewDevice { device_id: Some(device_id.into()), ..NewDevice::default() };
        self.accounts.login(Credentials::Password { user: name, password: &password }, device).await.unwrap()
    }

    /// The session of a token.
    pub async fn session(&self, token: &str) -> Result<Arc<Session>> {
        self.accounts.authenticate(token, Seen::default()).await
    }
}

/// A number of milliseconds.
pub(crate) fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap())
}

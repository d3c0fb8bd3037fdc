//! A small world for the tests of this crate: a server of its own, and devices that sign.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Accounts, Caches, Credentials, NewAccount, NewDevice};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use events::canonical;
use peerbrain_core::{
    Config, ManualClock, SystemRandom,
    config::{FederationMode, RegistrationMode},
    random::SeededRandom,
};
use rooms::{EventCache, Rooms};
use ruma::{OwnedDeviceId, OwnedUserId, RoomVersionId, server_name};
use serde_json::{Value, json};
use store::{Options, Store, testing::Database};

use crate::{
    E2ee, KeyCache, Result,
    keys::{CrossSigningUpload, KeyUpload, ManyKeys},
};

/// A server without rooms.
pub(crate) struct World {
    pub e2ee: E2ee,
    pub accounts: Arc<Accounts>,
    pub store: Store,
    _database: Database,
}

/// A device of a user, with the key by which it signs.
#[derive(Clone)]
pub(crate) struct Device {
    pub user: OwnedUserId,
    pub id: OwnedDeviceId,
    pub key: SigningKey,
}

/// A signing key that follows from a number.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn public(key: &SigningKey) -> String {
    STANDARD_NO_PAD.encode(key.verifying_key().as_bytes())
}

/// An object with one more signature.
pub(crate) fn sign(mut object: Value, user: &str, id: &str, key: &SigningKey) -> Value {
    let mut plain = object.clone();
    plain.as_object_mut().unwrap().remove("signatures");
    let text = canonical::text(&canonical::object_from(&plain).unwrap()).unwrap();
    let signature = STANDARD_NO_PAD.encode(key.sign(text.as_bytes()).to_bytes());
    object["signatures"][user][format!("ed25519:{id}")] = signature.into();
    object
}

impl World {
    pub fn open(database: Database) -> Self {
        let mut config = Config::default();
        config.server.name = server_name!("test").to_owned();
        config.registration.mode = RegistrationMode::Open;
        config.rate_limits.enabled = false;
        config.passwords.memory_kb = 64;
        config.passwords.passes = 1;
        config.federation.mode = FederationMode::Listed;
        config.federation.allowed_servers = vec![server_name!("far").to_owned(), server_name!("away").to_owned()];
        let (events, caches, cache) =
            (EventCache::new(1_000_000), Arc::new(Caches::default()), Arc::new(KeyCache::default()));
        let observers: Vec<Arc<dyn store::Observer>> = vec![events.clone(), caches.clone(), cache.clone()];
        let store = Store::open(Options { server_name: "test".into(), observers, ..database.options() }).unwrap();
        let clock = Arc::new(ManualClock::at(1_700_000_000_000));
        let random = Arc::new(SystemRandom::new());
        let accounts = Arc::new(Accounts::new(store.clone(), caches, clock.clone(), random, &config));
        let rooms = Rooms::new(rooms::Options {
            store: store.clone(),
            server_name: server_name!("test").to_owned(),
            key: Arc::new(events::SigningKey::generate([7; 32]).unwrap()),
            accounts: accounts.clone(),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
            events,
            state_cache: 1_000_000,
            default_version: RoomVersionId::V11,
            runtime: tokio::runtime::Handle::current(),
        });
        let e2ee = E2ee::new(crate::Options { rooms, cache, clock, settings: config.federation });
        Self { e2ee, accounts, store, _database: database }
    }

    /// Registers a user with a device that has uploaded nothing.
    pub async fn device(&self, name: &str, seed: u8) -> Device {
        let account = NewAccount {
            username: Some(name.into()),
            password: format!("password {name}"),
            device: NewDevice { device_id: Some(format!("{name}_DEVICE")), ..NewDevice::default() },
            login: true,
        };
        let login = self.accounts.register(account, None).await.unwrap().login.unwrap();
        Device { user: login.user_id, id: login.device_id, key: key(seed) }
    }

    /// Logs such a user in on the same device again.
    pub async fn login(&self, name: &str) {
        let password = format!("password {name}");
        let device = NewDevice { device_id: Some(format!("{name}_DEVICE")), ..NewDevice::default() };
        self.accounts.login(Credentials::Password { user: name, password: &password }, device).await.unwrap();
    }

    pub async fn upload(&self, device: &Device, body: Value) -> Result<BTreeMap<String, i64>> {
        let upload: KeyUpload = serde_json::from_str(&body.to_string()).unwrap();
        self.e2ee.upload_keys(&device.user, &device.id, upload).await
    }

    pub async fn upload_cross_signing(&self, user: &OwnedUserId, body: Value, authenticated: bool) -> Result<()> {
        let upload: CrossSigningUpload = serde_json::from_value(body).unwrap();
        self.e2ee.upload_cross_signing(user, upload, authenticated).await
    }

    pub async fn query(&self, asker: &OwnedUserId, user: &OwnedUserId) -> Value {
        let asked = BTreeMap::from([(user.clone(), Vec::new())]);
        serde_json::from_str(&self.e2ee.query_keys(asker, asked, ManyKeys::default()).await.unwrap()).unwrap()
    }

    /// The full name and the JSON of a key of this device.
    pub async fn claim(&self, device: &Device, algorithm: &str) -> Option<(String, Value)> {
        let wanted = BTreeMap::from([(device.id.to_string(), algorithm.to_owned())]);
        let claimed = self.e2ee.claim_keys(BTreeMap::from([(device.user.clone(), wanted)])).await.unwrap();
        let keys = claimed.into_values().next()?.into_values().next()?;
        let (name, key) = keys.into_iter().next()?;
        Some((name, serde_json::from_str(key.get()).unwrap()))
    }

    /// The counts and the unused fallback keys, as a sync tells them.
    pub async fn counts(&self, device: &Device) -> (Value, Value) {
        let counts = self.e2ee.key_counts(&device.user, &device.id).await.unwrap();
        (serde_json::from_str(&counts.one_time).unwrap(), serde_json::from_str(&counts.unused_fallback).unwrap())
    }
}

impl Device {
    pub fn sign(&self, object: Value) -> Value {
        sign(object, self.user.as_str(), self.id.as_str(), &self.key)
    }

    /// Identity keys without signatures.
    pub fn bare_keys(&self) -> Value {
        json!({
            "user_id": self.user,
            "device_id": self.id,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
            "keys": {
                format!("ed25519:{}", self.id): public(&self.key),
                format!("curve25519:{}", self.id): curve("identity"),
            },
        })
    }

    pub fn keys(&self) -> Value {
        self.sign(self.bare_keys())
    }

    pub fn one_time_key(&self, seed: &str) -> Value {
        self.sign(json!({ "key": curve(seed) }))
    }

    /// Signed one-time keys of these ids.
    pub fn one_time_keys(&self, ids: &[&str]) -> Value {
        let keys = ids.iter().map(|id| (format!("signed_curve25519:{id}"), self.one_time_key(id)));
        keys.collect::<serde_json::Map<_, _>>().into()
    }
}

/// A Curve25519 key that follows from a text.
pub(crate) fn curve(seed: &str) -> String {
    STANDARD_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, seed.as_bytes()))
}

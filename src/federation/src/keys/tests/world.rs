//! The servers of these tests.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use events::{SigningKey, canonical};
use futures_util::{FutureExt as _, future::BoxFuture};
use parking_lot::Mutex;
use peerbrain_core::{Clock as _, ManualClock};
use ruma::{MilliSecondsSinceUnixEpoch, OwnedServerName, ServerName, ServerSigningKeyId, UInt};
use serde_json::{Value, json};
use store::testing::Database;
use tokio::runtime::Handle;

use crate::{
    Error, Result,
    keys::{Fetch, KeyRing, Options, Wanted},
};

pub const DAY: i64 = 24 * 3_600_000;
/// How many servers have their keys kept; none of them is in a room.
pub const STRANGERS: i64 = 150;
pub const NOW: i64 = 1_700_000_000_000;

/// What the servers answer, and how often each was asked. Those with a name that ends with `.slow` never answer.
#[derive(Default)]
pub struct Net {
    pub published: Mutex<BTreeMap<String, String>>,
    pub notarised: Mutex<BTreeMap<String, String>>,
    pub asked: Mutex<BTreeMap<String, usize>>,
}

impl Net {
    fn answer(&self, from: &Mutex<BTreeMap<String, String>>, server: &ServerName) -> BoxFuture<'static, Result<Bytes>> {
        *self.asked.lock().entry(server.to_string()).or_default() += 1;
        let answer = from.lock().get(server.as_str()).cloned().map(Bytes::from);
        let dead = Error::Unreachable { server: server.to_owned(), reason: "it is dead".to_owned() };
        let is_slow = server.as_str().ends_with(".slow");
        async move {
            if is_slow {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            answer.ok_or(dead)
        }
        .boxed()
    }

    pub fn asked(&self, server: &str) -> usize {
        self.asked.lock().get(server).copied().unwrap_or_default()
    }
}

impl Fetch for Net {
    fn published(&self, server: &ServerName) -> BoxFuture<'static, Result<Bytes>> {
        self.answer(&self.published, server)
    }

    fn notarised(&self, notary: &ServerName, _: String) -> BoxFuture<'static, Result<Bytes>> {
        self.answer(&self.notarised, notary)
    }
}

pub struct World {
    pub net: Arc<Net>,
    pub clock: ManualClock,
    pub ring: KeyRing,
    pub store: store::Store,
}

impl World {
    pub fn new(database: &Database) -> Self {
        Self::with_notaries(database, &[])
    }

    pub fn with_notaries(database: &Database, notaries: &[&str]) -> Self {
        Self::on(database.open(), notaries)
    }

    pub fn on(store: store::Store, notaries: &[&str]) -> Self {
        let (net, clock) = (Arc::new(Net::default()), ManualClock::at(NOW as u64));
        let ring = KeyRing::new(Options {
            store: store.clone(),
            fetch: net.clone(),
            server_name: name("test.example"),
            key: Arc::new(key(1)),
            clock: Arc::new(clock.clone()),
            notaries: notaries.iter().map(|notary| name(notary)).collect(),
            strangers: STRANGERS,
            runtime: Handle::current(),
        });
        Self { net, clock, ring, store }
    }

    /// Has a server publish this.
    pub fn publish(&self, server: &str, answer: impl Into<String>) {
        self.net.published.lock().insert(server.to_owned(), answer.into());
    }

    pub fn kill(&self, server: &str) {
        self.net.published.lock().remove(server);
        self.net.notarised.lock().remove(server);
    }

    /// Whether the key of a server is found, for something signed at that moment.
    pub async fn finds(&self, server: &str, by: &SigningKey, moment: i64) -> bool {
        let id = ServerSigningKeyId::parse(by.key_id()).unwrap();
        let wanted = Wanted::from([(name(server), BTreeMap::from([(id.clone(), time(moment))]))]);
        let keys = self.ring.get(&wanted).await;
        keys.at(&name(server), &id, time(moment)).is_some_and(|found| found.to_bytes() == by.public_key())
    }

    pub async fn finds_now(&self, server: &str, by: &SigningKey) -> bool {
        self.finds(server, by, self.clock.now_ms()).await
    }
}

pub fn name(server: &str) -> OwnedServerName {
    server.try_into().unwrap()
}

pub fn time(millis: i64) -> MilliSecondsSinceUnixEpoch {
    MilliSecondsSinceUnixEpoch(UInt::try_from(millis).unwrap())
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::generate([seed; 32]).unwrap()
}

/// What a server says that has these keys, in use and (with the time of their end) old ones. Not signed.
pub fn unsigned(server: &str, in_use: &[&SigningKey], old: &[(&SigningKey, i64)], valid_until: i64) -> Value {
    let in_use = in_use.iter().map(|key| (key.key_id(), json!({ "key": key.public_key_base64() })));
    let old = old
        .iter()
        .map(|(key, expired)| (key.key_id(), json!({ "key": key.public_key_base64(), "expired_ts": expired })));
    json!({
        "server_name": server,
        "verify_keys": in_use.collect::<BTreeMap<_, _>>(),
        "old_verify_keys": old.collect::<BTreeMap<_, _>>(),
        "valid_until_ts": valid_until,
    })
}

pub fn sign(value: &Value, server: &str, by: &SigningKey) -> Value {
    let mut object = canonical::object_from(value).unwrap();
    by.sign_json(&name(server), &mut object).unwrap();
    serde_json::from_str(&canonical::text(&object).unwrap()).unwrap()
}

/// What an honest server with one key says.
pub fn honest(server: &str, key: &SigningKey, valid_until: i64) -> Value {
    sign(&unsigned(server, &[key], &[], valid_until), server, key)
}

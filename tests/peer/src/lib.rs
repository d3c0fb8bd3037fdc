//! The scripted peer: a remote Matrix server that tests and measurements play themselves. It has names, keys, rooms and
//! users of its own, joins rooms of the server under test and has rooms that others join. It is honest unless a test makes
//! it lie.
//!
//! It shares nothing with any homeserver: raw JSON, its own canonical JSON, hashes, redactions and signatures. What it
//! receives it believes only if it is signed as the specification says; it checks no authorisation, for what gets into
//! its rooms is the tests' choice.
//!
//! One listener serves two names, `127.0.0.1:PORT` and `localhost:PORT`, so that there is a second server with which
//! the first one can be in league, or for which it can pass itself off. Where many servers are needed, each has a port of
//! its own.

// Only JSON values are indexed here: reading one gives null for what is absent, and never panics.
#![allow(clippy::indexing_slicing)]

mod answer;
mod answers;
mod canonical;
pub mod create;
mod devices;
pub mod events;
pub mod failure;
mod http;
mod join;
pub mod keys;
mod lies;
mod parcel;
pub mod path;
pub mod policy;
mod reads;
mod redact;
pub mod reply;
mod request;
mod requests;
mod resident;
mod room;
mod servers;
pub mod signing;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub use self::answer::{Answer, Body};
pub use self::canonical::{canonical, without};
pub use self::events::Event;
pub use self::keys::Identity;
pub use self::parcel::Parcel;
pub use self::request::Request;
pub use self::room::{Room, State};
use crate::failure::Failure;

/// A server of the suite's own. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The server as which it speaks.
    pub me: Identity,
    /// The server under test with which it speaks.
    them: Arc<Them>,
    inner: Arc<Inner>,
}

/// A server under test.
#[derive(Debug)]
struct Them {
    name: String,
    /// The keys that it has published.
    keys: Value,
}

#[derive(Debug)]
struct Inner {
    /// All servers that are played here.
    servers: Vec<Identity>,
    /// All servers under test.
    tested: Mutex<Vec<Arc<Them>>>,
    http: reqwest::Client,
    rooms: Mutex<HashMap<String, Room>>,
    lies: Mutex<lies::Lies>,
    /// Everything that was asked, in the order of its coming.
    asked: Mutex<Vec<Request>>,
    /// Those who want to see requests as they come.
    watching: Mutex<Vec<UnboundedSender<Request>>>,
    /// Held while a transaction is under way.
    sending: tokio::sync::Mutex<()>,
    /// What is told of something: by the name of the endpoint and what is asked about.
    told: Mutex<HashMap<(String, String), Value>>,
    /// Files by media id: their type and bytes.
    files: Mutex<HashMap<String, (String, Vec<u8>)>>,
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}

/// A word that was never used before.
pub fn nonce() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{:x}{:x}", now(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Peer {
    /// The name of the server under test.
    pub fn under_test(&self) -> &str {
        &self.them.name
    }

    /// The keys that the server under test has published.
    pub fn their_keys(&self) -> &Value {
        &self.them.keys
    }

    /// A user of this server that nobody has heard of before.
    pub fn user(&self, stem: &str) -> String {
        format!("@{stem}-{}:{}", nonce(), self.me.name)
    }

    /// A copy of a room.
    #[track_caller]
    pub fn room(&self, id: &str) -> Result<Room, Failure> {
        locked(&self.inner.rooms).get(id).cloned().ok_or_else(|| Failure::new(format!("the peer is not in {id}")))
    }

    /// Puts a room there, in the place of what was known of it.
    pub fn keep(&self, room: Room) {
        locked(&self.inner.rooms).insert(room.id.clone(), room);
    }

    /// Changes a room; nothing happens if it is not there.
    pub fn change<T>(&self, id: &str, change: impl FnOnce(&mut Room) -> T) -> Option<T> {
        locked(&self.inner.rooms).get_mut(id).map(change)
    }

    /// Has something told to those who ask for it, such as `profile` and a user id.
    pub fn tell(&self, endpoint: &str, subject: &str, value: Value) {
        locked(&self.inner.told).insert((endpoint.to_owned(), subject.to_owned()), value);
    }

    /// Has a file; gives its media id.
    pub fn file(&self, content_type: &str, bytes: Vec<u8>) -> String {
        let id = nonce();
        locked(&self.inner.files).insert(id.clone(), (content_type.to_owned(), bytes));
        id
    }

    /// The requests about something that have come, such as `send_join` and a room id.
    pub fn asked(&self, endpoint: &str, subject: &str) -> Vec<Request> {
        locked(&self.inner.asked).iter().filter(|request| request.about() == (endpoint, subject)).cloned().collect()
    }

    /// The signed requests of the server under test from now on, as they come.
    pub fn watch(&self) -> UnboundedReceiver<Request> {
        let (sender, receiver) = unbounded_channel();
        locked(&self.inner.watching).push(sender);
        receiver
    }

    /// The events of a room that have come in transactions.
    pub fn received(&self, room: &str) -> Vec<Value> {
        self.transactions("pdus").into_iter().filter(|pdu| pdu["room_id"] == room).collect()
    }

    /// What has come in transactions under `pdus` or `edus`.
    pub fn transactions(&self, list: &str) -> Vec<Value> {
        let asked = locked(&self.inner.asked);
        let sent = asked.iter().filter(|request| request.about().0 == "send");
        sent.flat_map(|request| request.json[list].as_array().cloned().unwrap_or_default()).collect()
    }
}

/// What the unit tests of this folder need.
#[cfg(test)]
pub mod testing {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    use super::{Identity, Peer, Them};
    use crate::failure::Failure;

    /// The server of [`domain`] and another one, towards the first of them; nobody can reach them.
    pub fn peer() -> Result<Peer, Failure> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (me, other) = (domain()?, Identity::new("other", "ed25519:2", &[2; 32])?);
        let them = Them { name: me.name.clone(), keys: me.server_keys() };
        Peer::of(vec![me, other], them, reqwest::Client::builder().no_proxy().build()?)
    }

    /// The server of appendices §cryptographic-test-vectors. The last character of its seed carries two bits too many,
    /// which are left out here.
    pub fn domain() -> Result<Identity, Failure> {
        let seed = STANDARD_NO_PAD.decode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA0").unwrap_or_default();
        Identity::new("domain", "ed25519:1", &seed)
    }
}

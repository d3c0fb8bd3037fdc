//! The policy server of a room, on server `b`: it signs, refuses, or lies.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use events::{SigningKey, VerifiedPdu, countersign};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use rooms::policy::Policy;
use ruma::{ServerName, room_version_rules::RoomVersionRules};
use serde_json::{Value, json};

/// What it does with the events it is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Signs,
    Refuses,
    /// It signs with a key that is not the room's.
    Lies,
    Gone,
}

pub(crate) struct PolicyPeer {
    rules: &'static RoomVersionRules,
    pub mood: Mutex<Mood>,
    /// How often it was asked.
    pub asked: AtomicUsize,
}

impl PolicyPeer {
    pub fn new(rules: &'static RoomVersionRules) -> Arc<Self> {
        Arc::new(Self { rules, mood: Mutex::new(Mood::Signs), asked: AtomicUsize::new(0) })
    }

    fn key(letter: char) -> SigningKey {
        SigningKey::from_text(&format!("ed25519 policy_server {}", letter.to_string().repeat(43))).unwrap()
    }

    /// What a room's state says of it.
    pub fn content() -> Value {
        json!({ "via": "b", "public_keys": { "ed25519": Self::key('A').public_key_base64() } })
    }

    /// The signature that it gives.
    pub fn signature(&self, event: &VerifiedPdu, lies: bool) -> String {
        let server = ServerName::parse("b").unwrap();
        let text = countersign(event.json(), self.rules, &server, &Self::key(if lies { 'E' } else { 'A' })).unwrap();
        let event: Value = serde_json::from_str(&text).unwrap();
        event["signatures"]["b"]["ed25519:policy_server"].as_str().unwrap().to_owned()
    }
}

impl Policy for PolicyPeer {
    fn sign<'a>(&'a self, server: &'a ServerName, event: &'a VerifiedPdu) -> BoxFuture<'a, rooms::Result<String>> {
        assert_eq!(server, "b");
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = match *self.mood.lock() {
            Mood::Signs => Ok(self.signature(event, false)),
            Mood::Lies => Ok(self.signature(event, true)),
            Mood::Refuses => Err(rooms::Error::not_recommended(400, "M_FORBIDDEN", "this looks like spam")),
            Mood::Gone => Err(rooms::Error::not_recommended(502, "M_UNKNOWN", "gone")),
        };
        Box::pin(async move { answer })
    }
}

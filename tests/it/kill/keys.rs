//! One-time and fallback keys: a device uploads them while others claim them, each key for one of them only.

use std::collections::BTreeMap;
use std::time::Duration;

use peerbrain_peer::signing::curve_key;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::claims::Claimer;
use super::hand::Hand;
use super::identities::{device_keys, signing_key};
use crate::user::User;

/// The algorithm of all of them.
pub const ALGORITHM: &str = "signed_curve25519";
/// An algorithm whose keys nobody claims, so that their count is known.
const UNCLAIMED: &str = "org.example.kill";
/// How many there are of those at most.
const MOST_UNCLAIMED: u64 = 700;
/// Keys of one upload.
const BATCH: u64 = 20;
/// How many claimers there are, each of which may lose one key with a death.
const CLAIMERS: u64 = 2;
/// How many keys of one upload may have gone with claims whose answers were lost, however few the deaths meanwhile.
const MOST_GONE: u64 = 10;

/// One-time key `number` of a device, or its fallback key, as it is uploaded.
pub fn key(user: &User, number: u64, is_fallback: bool) -> Value {
    let mut key = json!({ "key": curve_key(&format!("{} {number} {is_fallback}", user.id)) });
    if is_fallback {
        key["fallback"] = json!(true);
    }
    signing_key(user).sign(key, &user.id, &user.device)
}

/// A device that uploads keys.
pub struct Owner {
    hand: Hand,
    next: u64,
    /// The first number of each acknowledged upload, and how often the server had died when it began.
    uploads: Vec<(u64, u64)>,
    /// The number of the newest fallback key.
    fallback: u64,
    /// How many keys that nobody claims were acknowledged.
    unclaimed: u64,
}

impl Owner {
    /// A device with a fallback key.
    pub async fn begin(hand: Hand) -> Self {
        let fallback = json!({ format!("{ALGORITHM}:1000000"): key(&hand.user, 1_000_000, true) });
        let body = json!({ "device_keys": device_keys(&hand.user), "fallback_keys": fallback });
        hand.user.post("/keys/upload", body).await.ok();
        Self { hand, next: 1_000_001, uploads: Vec::new(), unclaimed: 0, fallback: 1_000_000 }
    }

    /// Whose keys they are.
    pub fn user(&self) -> User {
        self.hand.user.clone()
    }

    /// Uploads until the end.
    pub async fn write(mut self) -> Self {
        while self.hand.goes_on().await {
            if self.upload().await.is_none() {
                break;
            }
        }
        self
    }

    async fn upload(&mut self) -> Option<()> {
        let (first, user, deaths) = (self.next, &self.hand.user, self.hand.ledger.deaths());
        self.next += BATCH;
        let keys = (first..self.next).map(|number| (format!("{ALGORITHM}:{number}"), key(user, number, false)));
        let mut body = json!({ "one_time_keys": keys.collect::<Map<_, _>>() });
        let fallback = self.hand.now_and_then(4).then_some(first);
        if let Some(number) = fallback {
            body["fallback_keys"] = json!({ format!("{ALGORITHM}:{number}"): key(&self.hand.user, number, true) });
        }
        self.hand.must(Method::POST, "/keys/upload", &body).await?;
        self.hand.ledger.count("one-time keys", BATCH as usize);
        self.uploads.push((first, deaths));
        self.fallback = fallback.unwrap_or(self.fallback);
        while self.left().await? > BATCH / 2 && !self.hand.ledger.is_over() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // As if the answer had been lost, when some of the keys are claimed already: those must not come back.
        if self.hand.now_and_then(3) {
            self.hand.must(Method::POST, "/keys/upload", &body).await?;
        }
        for _ in 0..self.hand.chance.among(1..12) {
            self.add_unclaimed().await?;
        }
        Some(())
    }

    /// Adds a key that nobody claims, and compares their count.
    async fn add_unclaimed(&mut self) -> Option<()> {
        let after = MOST_UNCLAIMED.min(self.unclaimed + 1);
        let body = json!({ "one_time_keys": { format!("{UNCLAIMED}:{after}"): { "key": after.to_string() } } });
        let (reply, _) = self.hand.must(Method::POST, "/keys/upload", &body).await?;
        let told = &reply["one_time_key_counts"][UNCLAIMED];
        if *told != after {
            self.hand.lost(format!("{after} keys were uploaded that nobody claims, {told} are there"));
        }
        self.unclaimed = after;
        Some(())
    }

    /// How many keys the server says are left.
    async fn left(&self) -> Option<u64> {
        let (reply, _) = self.hand.must(Method::POST, "/keys/upload", &json!({})).await?;
        reply["one_time_key_counts"][ALGORITHM].as_u64()
    }

    /// Claims all that is left, and compares it with what was uploaded.
    pub async fn judge(&self, claimers: &mut [Claimer]) -> Option<()> {
        let (told, sync) = (self.left().await?, self.hand.read("/sync?timeout=0").await?);
        let in_sync = &sync["device_one_time_keys_count"][ALGORITHM];
        let before = claimers[0].claimed.len();
        let fallback = loop {
            if let Some(fallback) = claimers[0].claim().await?.ok()? {
                break fallback;
            }
        };
        let drained = claimers[0].claimed.len() - before;
        if told != drained as u64 || *in_sync != drained || self.left().await? != 0 {
            self.hand.inconsistent(format!("{drained} keys were left, but {told} and {in_sync} were told"));
        }
        if fallback != self.fallback {
            self.hand.lost(format!("fallback key {} was uploaded last, {fallback} is there", self.fallback));
        }
        let mut times: BTreeMap<u64, usize> = BTreeMap::new();
        for claimer in claimers.iter() {
            claimer.claimed.iter().for_each(|number| *times.entry(*number).or_default() += 1);
            for pair in claimer.claimed.windows(2).filter(|pair| pair[0] > pair[1]) {
                self.hand.disordered(format!("key {} was handed out after key {}", pair[1], pair[0]));
            }
        }
        for (number, count) in times.iter().filter(|(_, count)| **count > 1) {
            self.hand.twice(format!("key {number} was handed out {count} times"));
        }
        let lost_claims: usize = claimers.iter().map(|claimer| claimer.unanswered).sum();
        let mut all_gone = 0;
        for (place, (first, begun)) in self.uploads.iter().enumerate() {
            let gone = (*first..first + BATCH).filter(|number| !times.contains_key(number)).count();
            all_gone += gone;
            // They are claimed before the next but one is uploaded. On a slow machine that takes many deaths; one of them
            // may not have been counted yet.
            let ended = self.uploads.get(place + 2).map_or(self.hand.ledger.deaths(), |(_, deaths)| *deaths);
            if gone as u64 > MOST_GONE.max(CLAIMERS * (ended - begun + 1)) {
                self.hand.lost(format!("{gone} of {BATCH} keys from {first} on are gone"));
            }
        }
        if all_gone > lost_claims {
            self.hand.lost(format!("{all_gone} keys are gone, with {lost_claims} claims that were not answered"));
        }
        Some(())
    }
}

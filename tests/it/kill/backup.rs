//! Key backups: each acknowledged session is there, in the version that wins, and etag and count tell so.

use std::collections::{BTreeMap, HashSet};

use reqwest::Method;
use serde_json::{Value, json};

use super::hand::Hand;
use crate::client::encode;

/// Versions that one user makes at most.
const MOST_VERSIONS: usize = 30;
/// Rooms that sessions are of.
const ROOMS: u64 = 4;

/// A session: not verified, first index, forwarded count. The smallest wins (client-server § Backup algorithm).
type Rank = (bool, u64, u64);

/// A backup version as it must be.
struct Version {
    name: String,
    /// By room and session.
    sessions: BTreeMap<(String, String), Rank>,
    /// The newest.
    etag: String,
    /// Those before it.
    old_etags: HashSet<String>,
}

/// Somebody who backs up keys.
pub struct Keeper {
    hand: Hand,
    versions: Vec<Version>,
}

/// The session as it is uploaded; its data follow from the rest.
fn session((unverified, index, forwarded): Rank) -> Value {
    let data = json!({ "ciphertext": format!("{unverified} {index} {forwarded}"), "ephemeral": "e", "mac": "m" });
    json!({
        "is_verified": !unverified, "first_message_index": index, "forwarded_count": forwarded, "session_data": data,
    })
}

impl Keeper {
    /// Without any backup yet.
    pub fn new(hand: Hand) -> Self {
        Self { hand, versions: Vec::new() }
    }

    /// Backs up until the end.
    pub async fn write(mut self) -> Self {
        while self.hand.goes_on().await {
            let is_time = self.versions.len() < MOST_VERSIONS && self.hand.now_and_then(150);
            let done = match self.hand.chance.among(0..20) {
                _ if self.versions.is_empty() || is_time => self.begin_version().await,
                0 => self.delete().await,
                _ => self.store().await,
            };
            if done.is_none() {
                break;
            }
        }
        self
    }

    async fn begin_version(&mut self) -> Option<()> {
        let body = json!({
            "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2",
            "auth_data": { "public_key": "abcdefg", "signatures": {}, "number": self.versions.len() },
        });
        let (reply, _) = self.hand.must(Method::POST, "/room_keys/version", &body).await?;
        let name = reply["version"].as_str()?.to_owned();
        if self.versions.iter().any(|known| known.name == name) {
            self.hand.lost(format!("version {name} is given out again"));
            return None;
        }
        self.hand.breathe().await;
        let told = self.hand.read(&format!("/room_keys/version/{}", encode(&name))).await?;
        let etag = told["etag"].as_str()?.to_owned();
        self.hand.ledger.count("backup versions", 1);
        self.versions.push(Version { name, sessions: BTreeMap::new(), etag, old_etags: HashSet::new() });
        Some(())
    }

    /// Stores a few sessions at once, some of them known already.
    async fn store(&mut self) -> Option<()> {
        let mut sent = BTreeMap::new();
        for _ in 0..self.hand.chance.among(1..6) {
            let mut dice = |sides| self.hand.chance.among(0..sides);
            let place = (format!("!room{}:peer.test", dice(ROOMS)), format!("session{}", dice(400)));
            sent.insert(place, (dice(3) != 0, dice(4), dice(4)));
        }
        let mut body = json!({ "rooms": {} });
        for ((room, id), rank) in &sent {
            body["rooms"][room]["sessions"][id] = session(*rank);
        }
        let version = self.versions.last()?;
        let path = format!("/room_keys/keys?version={}", encode(&version.name));
        let (reply, _) = self.hand.must(Method::PUT, &path, &body).await?;
        self.hand.ledger.count("backed up sessions", sent.len());
        self.now(&reply, |sessions| {
            let mut changed = false;
            for (place, rank) in sent {
                if sessions.get(&place).is_none_or(|there| rank < *there) {
                    sessions.insert(place, rank);
                    changed = true;
                }
            }
            changed
        })
    }

    async fn delete(&mut self) -> Option<()> {
        let version = self.versions.last()?;
        let Some(place) = version.sessions.keys().next().cloned() else { return Some(()) };
        let (room, id) = (encode(&place.0), encode(&place.1));
        let path = format!("/room_keys/keys/{room}/{id}?version={}", encode(&version.name));
        let (reply, _) = self.hand.must(Method::DELETE, &path, &json!({})).await?;
        self.now(&reply, |sessions| sessions.remove(&place).is_some())
    }

    /// Takes over what was acknowledged, and compares the answer with it.
    fn now(&mut self, reply: &Value, change: impl FnOnce(&mut BTreeMap<(String, String), Rank>) -> bool) -> Option<()> {
        let Self { hand, versions } = self;
        let version = versions.last_mut()?;
        let changed = change(&mut version.sessions);
        let etag = reply["etag"].as_str().unwrap_or_default().to_owned();
        if reply["count"] != version.sessions.len() {
            hand.lost(format!("version {} should have {} sessions: {reply}", version.name, version.sessions.len()));
        }
        if etag == version.etag && changed || version.old_etags.contains(&etag) {
            hand.inconsistent(format!("etag {etag} stands for two states of version {}", version.name));
        }
        if etag != version.etag {
            version.old_etags.insert(std::mem::replace(&mut version.etag, etag));
        }
        Some(())
    }

    /// Compares all versions with what was acknowledged.
    pub async fn judge(&self) -> Option<()> {
        for version in &self.versions {
            let name = encode(&version.name);
            let told = self.hand.read(&format!("/room_keys/version/{name}")).await?;
            if told["count"] != version.sessions.len() || told["etag"] != *version.etag {
                let (count, etag) = (version.sessions.len(), &version.etag);
                self.hand.lost(format!("version {name} should have {count} sessions and etag {etag}: {told}"));
            }
            let there = self.hand.read(&format!("/room_keys/keys?version={name}")).await?;
            let rooms = there["rooms"].as_object().into_iter().flatten();
            let count: usize = rooms.filter_map(|(_, room)| Some(room["sessions"].as_object()?.len())).sum();
            if count > version.sessions.len() {
                self.hand.unexpected(format!("version {name} has {count} sessions, not {}", version.sessions.len()));
            }
            for ((room, id), rank) in &version.sessions {
                let (found, wanted) = (&there["rooms"][room]["sessions"][id], session(*rank));
                if *found != wanted {
                    self.hand.lost(format!("session {id} of {room} in version {name} is {found}, not {wanted}"));
                }
            }
        }
        let newest = self.hand.read("/room_keys/version").await?;
        if newest["version"] != self.versions.last()?.name {
            self.hand.lost(format!("the newest version is {}", newest["version"]));
        }
        Some(())
    }
}

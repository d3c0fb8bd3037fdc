//! Device keys, cross-signing keys and signatures: newcomers set up encryption as clients do.

use peerbrain_peer::signing::{SigningKey, curve_key};
use reqwest::Method;
use serde_json::{Value, json};

use super::hand::Hand;
use crate::client::Client;
use crate::user::{PASSWORD, User};

/// The Ed25519 key of a device.
pub fn signing_key(user: &User) -> SigningKey {
    SigningKey::named(&format!("{} {}", user.id, user.device))
}

/// The keys of a device as it uploads them.
pub fn device_keys(user: &User) -> Value {
    let (key, device) = (signing_key(user), &user.device);
    let keys = json!({
        format!("ed25519:{device}"): key.public(),
        format!("curve25519:{device}"): curve_key(&format!("{} {device} curve", user.id)),
    });
    let algorithms = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"];
    let unsigned = json!({ "user_id": user.id, "device_id": device, "algorithms": algorithms, "keys": keys });
    key.sign(unsigned, &user.id, device)
}

/// What a newcomer has uploaded.
struct Identity {
    user: User,
    device_keys: Value,
    cross_signing: Value,
}

/// Lets newcomers in, one after another.
pub struct Newcomers {
    hand: Hand,
    anybody: Client,
    number: u64,
    done: Vec<Identity>,
    tried: u64,
}

impl Newcomers {
    /// None are there yet.
    pub fn new(hand: Hand, anybody: Client, number: u64) -> Self {
        Self { hand, anybody, number, done: Vec::new(), tried: 0 }
    }

    /// Lets them in until the end.
    pub async fn write(mut self) -> Self {
        while self.hand.goes_on().await {
            self.tried += 1;
            if let Some(identity) = self.come().await {
                self.done.push(identity);
            }
        }
        self
    }

    /// A user with keys of their device and of their own, the device signed.
    async fn come(&self) -> Option<Identity> {
        let user = self.register(&format!("newcomer{}of{}", self.tried, self.number)).await?;
        self.hand.breathe().await;
        let (ledger, mut keys) = (&self.hand.ledger, device_keys(&user));
        ledger.success(&user, Method::POST, "/keys/upload", &json!({ "device_keys": keys })).await?;
        ledger.count("device keys", 1);
        let own = |usage: &str| SigningKey::named(&format!("{} {usage}", user.id));
        let master = own("master");
        let key = |usage: &str| {
            let public = own(usage).public();
            let key = json!({ "user_id": user.id, "usage": [usage], "keys": { format!("ed25519:{public}"): public } });
            if usage == "master" { key } else { master.sign(key, &user.id, &master.public()) }
        };
        let cross_signing = json!({
            "master_key": key("master"), "self_signing_key": key("self_signing"), "user_signing_key": key("user_signing"),
        });
        ledger.success(&user, Method::POST, "/keys/device_signing/upload", &cross_signing).await?;
        ledger.count("sets of cross-signing keys", 1);
        self.hand.breathe().await;
        let signer = own("self_signing");
        keys = signer.sign(keys, &user.id, &signer.public());
        let signatures = json!({ &user.id: { &user.device: keys } });
        let (reply, _) = ledger.success(&user, Method::POST, "/keys/signatures/upload", &signatures).await?;
        if reply["failures"].as_object().is_some_and(|failures| !failures.is_empty()) {
            self.hand.unexpected(format!("a signature was refused: {reply}"));
        }
        Some(Identity { user, device_keys: keys, cross_signing })
    }

    async fn register(&self, name: &str) -> Option<User> {
        let account = json!({ "username": name, "password": PASSWORD, "auth": { "type": "m.login.dummy" } });
        let (mut reply, tries) = self.hand.ledger.answer(&self.anybody, Method::POST, "/register", &account).await?;
        if tries > 1 && reply.code() == "M_USER_IN_USE" {
            let identifier = json!({ "type": "m.id.user", "user": name });
            let login = json!({ "type": "m.login.password", "identifier": identifier, "password": PASSWORD });
            (reply, _) = self.hand.ledger.answer(&self.anybody, Method::POST, "/login", &login).await?;
        }
        if reply.status == 200 {
            return Some(User::of(&self.anybody, reply));
        }
        self.hand.unexpected(format!("{name} cannot register in try {tries}: {}", reply.text));
        None
    }

    /// Everybody finds their own keys, as they were uploaded.
    pub async fn judge(&self) -> Option<()> {
        for Identity { user, device_keys, cross_signing } in &self.done {
            let wanted = json!({ "device_keys": { &user.id: [] } });
            let Some((found, _)) = self.hand.ledger.success(user, Method::POST, "/keys/query", &wanted).await else {
                self.hand.lost(format!("{} cannot ask for keys", user.id));
                continue;
            };
            let there = &found["device_keys"][&user.id][&user.device];
            for part in ["user_id", "device_id", "algorithms", "keys", "signatures"] {
                if there[part] != device_keys[part] {
                    self.hand.lost(format!("{part} of a device of {} are {}", user.id, there[part]));
                }
            }
            for kind in ["master_key", "self_signing_key", "user_signing_key"] {
                let there = &found[format!("{kind}s")][&user.id];
                if *there != cross_signing[kind] {
                    self.hand.lost(format!("the {kind} of {} is {there}", user.id));
                }
            }
        }
        Some(())
    }
}

//! Encryption keys for tests: what a device and a user sign and upload, and the requests that move it about.
//!
//! Every private key follows from the user, the device and a word, so no test has to carry keys along.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Server;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::signing::{SigningKey, curve_key};
use crate::user::User;
use crate::v3;

/// The algorithm of one-time and fallback keys.
pub const SIGNED: &str = "signed_curve25519";

impl Server {
    /// A new user whose device has uploaded its device keys.
    pub async fn device(&self, stem: &str) -> Result<User, Failure> {
        let user = self.user(stem).await?;
        user.upload_device().await?;
        Ok(user)
    }
}

impl User {
    /// Another device of this user that has uploaded its device keys.
    pub async fn second(&self) -> Result<User, Failure> {
        let device = self.new_device().await?;
        device.upload_device().await?;
        Ok(device)
    }

    /// The Ed25519 key of this device.
    pub fn device_key(&self) -> SigningKey {
        SigningKey::named(&format!("{} {}", self.id, self.device))
    }

    /// Device keys without signatures; `generation` tells sets of keys of one device apart.
    pub fn unsigned_device_keys(&self, generation: &str) -> Value {
        let curve = curve_key(&format!("{} {} curve {generation}", self.id, self.device));
        json!({
            "user_id": self.id,
            "device_id": self.device,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": {
                format!("ed25519:{}", self.device): self.device_key().public(),
                format!("curve25519:{}", self.device): curve,
            },
        })
    }

    /// An object signed by this device.
    pub fn sign(&self, object: Value) -> Value {
        self.device_key().sign(object, &self.id, &self.device)
    }

    /// The device keys as a client uploads them.
    pub fn device_keys(&self) -> Value {
        self.sign(self.unsigned_device_keys("first"))
    }

    /// A signed one-time key whose content follows from `seed`.
    pub fn one_time_key(&self, seed: &str) -> Value {
        self.sign(json!({ "key": curve_key(&format!("{} {} {seed}", self.id, self.device)) }))
    }

    /// A signed fallback key whose content follows from `seed`.
    pub fn fallback_key(&self, seed: &str) -> Value {
        self.sign(json!({
            "key": curve_key(&format!("{} {} fallback {seed}", self.id, self.device)),
            "fallback": true,
        }))
    }

    /// Signed one-time keys with these key ids, by full name.
    pub fn one_time_keys(&self, ids: &[&str]) -> Value {
        ids.iter().map(|id| (format!("{SIGNED}:{id}"), self.one_time_key(id))).collect::<serde_json::Map<_, _>>().into()
    }

    /// Tries `/keys/upload`.
    pub async fn try_upload(&self, body: Value) -> Result<Reply, Failure> {
        self.post(v3!("keys/upload"), body).await
    }

    /// `/keys/upload`; gives the counts of one-time keys in the answer.
    pub async fn upload(&self, body: Value) -> Result<Value, Failure> {
        Ok(self.try_upload(body).await?.ok()?["one_time_key_counts"].clone())
    }

    /// Uploads the device keys.
    pub async fn upload_device(&self) -> Result<(), Failure> {
        self.upload(json!({ "device_keys": self.device_keys() })).await.map(drop)
    }

    /// Uploads one-time keys with these key ids; gives the counts of the answer.
    pub async fn upload_one_time(&self, ids: &[&str]) -> Result<Value, Failure> {
        self.upload(json!({ "one_time_keys": self.one_time_keys(ids) })).await
    }

    /// Uploads a fallback key with this key id.
    pub async fn upload_fallback(&self, id: &str) -> Result<(), Failure> {
        let keys = json!({ format!("{SIGNED}:{id}"): self.fallback_key(id) });
        self.upload(json!({ "fallback_keys": keys })).await.map(drop)
    }

    /// `/keys/query` for all devices of these users.
    pub async fn query(&self, users: &[&User]) -> Result<Value, Failure> {
        let wanted: Value =
            users.iter().map(|user| (user.id.clone(), json!([]))).collect::<serde_json::Map<_, _>>().into();
        self.post(v3!("keys/query"), json!({ "device_keys": wanted })).await?.ok()
    }

    /// The device keys of one device, as this user sees them; null if there are none.
    pub async fn keys_of(&self, device: &User) -> Result<Value, Failure> {
        Ok(self.query(&[device]).await?["device_keys"][&device.id][&device.device].clone())
    }

    /// Claims a key of an algorithm from one device: its full name and the key, or nothing.
    pub async fn claim_of(&self, device: &User, algorithm: &str) -> Result<Option<(String, Value)>, Failure> {
        let body = json!({ "one_time_keys": { &device.id: { &device.device: algorithm } } });
        let answer = self.post(v3!("keys/claim"), body).await?.ok()?;
        let keys = answer["one_time_keys"][&device.id][&device.device].as_object().cloned().unwrap_or_default();
        if keys.len() > 1 {
            return Err(Failure::new(format!("one key was claimed, these came: {keys:?}")));
        }
        Ok(keys.into_iter().next())
    }

    /// Claims a signed one-time key of a device: its full name, or nothing.
    pub async fn claim(&self, device: &User) -> Result<Option<String>, Failure> {
        Ok(self.claim_of(device, SIGNED).await?.map(|(name, _)| name))
    }

    /// Deletes another device of this user, or this one, with the password.
    pub async fn delete_device(&self, device: &User) -> Result<(), Failure> {
        self.authenticated(Method::DELETE, &v3!("devices/{}", device.device), json!({})).await?.ok().map(drop)
    }

    /// A room with encryption that anybody may join.
    pub async fn encrypted_room(&self) -> Result<String, Failure> {
        let encryption = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
        let event = json!({ "type": "m.room.encryption", "state_key": "", "content": encryption });
        self.create_room(json!({ "preset": "public_chat", "initial_state": [event] })).await
    }

    /// Tries `/sendToDevice` with a fresh transaction id.
    pub async fn try_to_device(&self, kind: &str, messages: Value) -> Result<Reply, Failure> {
        let path = v3!("sendToDevice/{}/{}", kind, self.server.fresh("txn"));
        self.put(path, json!({ "messages": messages })).await
    }

    /// Sends one device a to-device message of type `org.example.note` with this number.
    pub async fn note(&self, device: &User, number: u64) -> Result<(), Failure> {
        let messages = json!({ &device.id: { &device.device: { "number": number } } });
        self.try_to_device("org.example.note", messages).await?.ok().map(drop)
    }
}

/// The cross-signing keys of a user; `generation` tells sets of one user apart.
#[derive(Clone, Debug)]
pub struct CrossSigning {
    user: String,
    /// The master signing key.
    pub master: SigningKey,
    /// The key that signs the user's devices.
    pub self_signing: SigningKey,
    /// The key that signs other users' master keys.
    pub user_signing: SigningKey,
}

impl CrossSigning {
    /// The keys of a user and generation.
    pub fn of(user: &User, generation: &str) -> Self {
        let key = |usage: &str| SigningKey::named(&format!("{} {usage} {generation}", user.id));
        CrossSigning {
            user: user.id.clone(),
            master: key("master"),
            self_signing: key("self_signing"),
            user_signing: key("user_signing"),
        }
    }

    fn key(&self, usage: &str, key: &SigningKey) -> Value {
        json!({ "user_id": self.user, "usage": [usage], "keys": { format!("ed25519:{}", key.public()): key.public() } })
    }

    /// The master key, unsigned.
    pub fn master_key(&self) -> Value {
        self.key("master", &self.master)
    }

    /// The self-signing key, signed by the master key.
    pub fn self_signing_key(&self) -> Value {
        self.by_master(self.key("self_signing", &self.self_signing))
    }

    /// The user-signing key, signed by the master key.
    pub fn user_signing_key(&self) -> Value {
        self.by_master(self.key("user_signing", &self.user_signing))
    }

    /// An object signed by the master key.
    pub fn by_master(&self, object: Value) -> Value {
        self.master.sign(object, &self.user, &self.master.public())
    }

    /// An object signed by the self-signing key.
    pub fn by_self_signing(&self, object: Value) -> Value {
        self.self_signing.sign(object, &self.user, &self.self_signing.public())
    }

    /// An object signed by the user-signing key.
    pub fn by_user_signing(&self, object: Value) -> Value {
        self.user_signing.sign(object, &self.user, &self.user_signing.public())
    }

    /// The body that uploads all three.
    pub fn body(&self) -> Value {
        json!({
            "master_key": self.master_key(),
            "self_signing_key": self.self_signing_key(),
            "user_signing_key": self.user_signing_key(),
        })
    }

    /// Tries to upload all three, without authentication.
    pub async fn try_upload(&self, user: &User) -> Result<Reply, Failure> {
        user.post(v3!("keys/device_signing/upload"), self.body()).await
    }

    /// Uploads the first cross-signing keys of a user, and gives them.
    pub async fn set_up(user: &User) -> Result<Self, Failure> {
        let keys = CrossSigning::of(user, "first");
        keys.try_upload(user).await?.ok()?;
        Ok(keys)
    }
}

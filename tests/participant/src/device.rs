//! One device of one user: registered, cross-signed, with keys that others can claim.

use std::collections::{BTreeMap, BTreeSet};

use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use vodozemac::olm::Account;

use crate::cross_signing::{CrossSigning, sign};
use crate::json::{base64, put, text};
use crate::megolm::{MEGOLM, Sessions};
use crate::olm::{OLM, Olm, Sender};
use crate::requests::Server;
use crate::{EncryptedFile, Error, Result};

const ONE_TIME_KEYS: usize = 50;

/// A device that takes part.
pub struct Device {
    pub(crate) server: Server,
    pub(crate) user_id: String,
    pub(crate) device_id: String,
    pub(crate) account: Account,
    pub(crate) olm: Olm,
    pub(crate) sessions: Sessions,
    pub(crate) device_keys: Value,
    /// Where `/sync` goes on.
    pub(crate) since: Option<String>,
    /// The timeline for friends, once it is made.
    pub(crate) timeline: Option<String>,
    /// Bundles that came and were not opened: (room, sender), and how to open them.
    pub(crate) bundles: BTreeMap<(String, String), EncryptedFile>,
    /// Who invited us where.
    pub(crate) invites: BTreeMap<String, String>,
    /// Who knocks on our timeline.
    pub(crate) knocks: BTreeSet<String>,
    /// Whose timelines we asked for, and so join when we are let in.
    pub(crate) asked: BTreeSet<String>,
    transactions: u64,
}

impl Device {
    /// Registers a user whose device is cross-signed from the first moment on.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn register(url: &str, name: &str, password: &str) -> Result<Self> {
        let mut server = Server::new(url)?;
        let body = json!({"username": name, "password": password, "auth": {"type": "m.login.dummy"}});
        let session = server.post("v3/register", &body).await?;
        server.token = Some(text(&session, "access_token")?.to_owned());
        let mut device = Self {
            server,
            user_id: text(&session, "user_id")?.to_owned(),
            device_id: text(&session, "device_id")?.to_owned(),
            account: Account::new(),
            olm: Olm::default(),
            sessions: Sessions::default(),
            device_keys: Value::Null,
            since: None,
            timeline: None,
            bundles: BTreeMap::new(),
            invites: BTreeMap::new(),
            knocks: BTreeSet::new(),
            asked: BTreeSet::new(),
            transactions: 0,
        };
        device.upload_identity(password).await?;
        Ok(device)
    }

    /// Who this is.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    async fn upload_identity(&mut self, password: &str) -> Result<()> {
        let owner = CrossSigning::new();
        let identifier = json!({"type": "m.id.user", "user": self.user_id});
        let mut upload = owner.upload(&self.user_id)?;
        // The first upload needs no authentication; a server that asks all the same is told the password.
        if let Err(Error::Refused { answer, .. }) = self.server.post("v3/keys/device_signing/upload", &upload).await {
            let session = answer.get("session").cloned().unwrap_or_default();
            let auth = json!({
                "type": "m.login.password", "identifier": identifier, "password": password, "session": session,
            });
            put(&mut upload, &["auth"], auth);
            self.server.post("v3/keys/device_signing/upload", &upload).await?;
        }
        let (user_id, device_id) = (self.user_id.clone(), self.device_id.clone());
        let mut keys = json!({
            "user_id": user_id, "device_id": device_id, "algorithms": [OLM, MEGOLM],
            "keys": {
                format!("curve25519:{device_id}"): self.account.curve25519_key().to_base64(),
                format!("ed25519:{device_id}"): self.account.ed25519_key().to_base64(),
            },
        });
        sign(&mut keys, &user_id, &device_id, |bytes| self.account.sign(bytes))?;
        let mut vouched = keys.clone();
        owner.sign_device(&user_id, &mut vouched)?;
        self.account.generate_one_time_keys(ONE_TIME_KEYS);
        let upload = json!({"device_keys": keys, "one_time_keys": self.one_time_keys()?});
        self.server.post("v3/keys/upload", &upload).await?;
        self.account.mark_keys_as_published();
        let answer = self.server.post("v3/keys/signatures/upload", &json!({user_id: {device_id: vouched}})).await?;
        if answer.get("failures").is_some_and(|failures| failures.as_object().is_some_and(|all| !all.is_empty())) {
            return Err(Error::wrong(format!("the device was not vouched for: {answer}")));
        }
        self.device_keys = vouched;
        Ok(())
    }

    fn one_time_keys(&self) -> Result<Value> {
        let mut upload = json!({});
        for (id, key) in self.account.one_time_keys() {
            let mut signed = json!({"key": key.to_base64()});
            sign(&mut signed, &self.user_id, &self.device_id, |bytes| self.account.sign(bytes))?;
            put(&mut upload, &[&format!("signed_curve25519:{}", id.to_base64())], signed);
        }
        Ok(upload)
    }

    /// Uploads new one-time keys when few are left.
    pub(crate) async fn refill_one_time_keys(&mut self, left: u64) -> Result<()> {
        if left >= ONE_TIME_KEYS as u64 / 2 {
            return Ok(());
        }
        self.account.generate_one_time_keys(ONE_TIME_KEYS / 2);
        let upload = json!({"one_time_keys": self.one_time_keys()?});
        self.server.post("v3/keys/upload", &upload).await?;
        self.account.mark_keys_as_published();
        Ok(())
    }

    /// Who we are, as every message between devices says.
    pub(crate) fn sender<'a>(account: &Account, user_id: &'a str, device_keys: &'a Value) -> Sender<'a> {
        Sender {
            user_id,
            curve25519: account.curve25519_key().to_base64(),
            ed25519: account.ed25519_key().to_base64(),
            device_keys,
        }
    }

    /// A transaction id that no other request of this device has.
    pub(crate) fn transaction(&mut self) -> String {
        self.transactions += 1;
        format!("participant-{}", self.transactions)
    }
}

/// Random bytes.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::wrong("no randomness"))?;
    Ok(bytes)
}

/// A UUID of version 4.
pub fn uuid() -> Result<String> {
    let mut bytes: [u8; 16] = random()?;
    if let Some(byte) = bytes.get_mut(6) {
        *byte = *byte & 0x0f | 0x40;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = *byte & 0x3f | 0x80;
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |range| hex.get(range).unwrap_or_default();
    Ok([part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-"))
}

/// A name that nobody else has taken.
pub fn nonce() -> Result<String> {
    Ok(base64(&random::<9>()?).replace(['/', '+'], "x"))
}

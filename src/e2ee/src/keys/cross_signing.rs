//! `POST /keys/device_signing/upload`: the keys by which a user signs devices and other users (client-server
//! § Cross-signing).

use std::sync::Arc;

use ruma::UserId;
use serde::Deserialize;
use serde_json::{Map, Value};
use store::{
    Conn, Tx,
    accounts::devices,
    e2ee::{Changed, CrossSigningKeyRow, Usage, announce, cross_signing, device_keys},
};

use super::{
    bounds::{CROSS_SIGNING_KEY_BYTES, SIGNATURE_BYTES},
    device_keys::DeviceKeys,
};
use crate::{E2ee, Error, Result, ids::is_storable, signatures::PublicKey, signed::Signed};

type Object = Map<String, Value>;

/// How often an upload is judged again because what there is has changed meanwhile.
const ATTEMPTS: usize = 5;

/// What a client uploads.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CrossSigningUpload {
    master_key: Option<Object>,
    self_signing_key: Option<Object>,
    user_signing_key: Option<Object>,
}

impl CrossSigningUpload {
    /// Whether it holds no key at all.
    pub fn is_empty(&self) -> bool {
        self.keys().is_empty()
    }

    fn keys(&self) -> Vec<(Usage, &Object)> {
        let keys = [
            (Usage::Master, &self.master_key),
            (Usage::SelfSigning, &self.self_signing_key),
            (Usage::UserSigning, &self.user_signing_key),
        ];
        keys.into_iter().filter_map(|(usage, key)| Some((usage, key.as_ref()?))).collect()
    }
}

/// A key that is what it says.
struct NewKey {
    usage: Usage,
    signed: Signed,
    public_key: String,
}

/// What the server has of a user: all by which an upload is judged.
#[derive(PartialEq, Eq)]
struct Present {
    keys: Vec<CrossSigningKeyRow>,
    devices: Vec<String>,
    /// The keys of the devices that have signed the new master key, as they are stored.
    signers: Vec<(String, String)>,
}

/// An upload beside what there is.
pub(super) enum Verdict {
    /// There is all of it already.
    Nothing,
    /// The first keys of the user.
    First,
    /// Other keys than there are.
    Replacing,
}

impl E2ee {
    /// Whether the user must authenticate for this upload: if there is a master key, and the upload says something new.
    ///
    /// # Errors
    /// As [`Self::upload_cross_signing`]: before anybody types a password for keys that will be refused.
    pub async fn cross_signing_needs_auth(&self, user_id: &UserId, upload: &CrossSigningUpload) -> Result<bool> {
        let (_, checked) = self.checked(user_id, &Arc::new(upload.clone())).await?;
        Ok(matches!(checked.verdict, Verdict::Replacing))
    }

    /// Stores cross-signing keys. Where the master key is replaced, those that it had signed go with it.
    ///
    /// * `authenticated`: whether the user has authenticated for this; without it, nothing is replaced.
    ///
    /// # Errors
    /// Keys that are of another form, or not signed by the master key; one whose id a device has.
    pub async fn upload_cross_signing(
        &self,
        user_id: &UserId,
        upload: CrossSigningUpload,
        authenticated: bool,
    ) -> Result<()> {
        let upload = Arc::new(upload);
        for _ in 0..ATTEMPTS {
            let (present, checked) = self.checked(user_id, &upload).await?;
            match checked.verdict {
                Verdict::Nothing => return Ok(()),
                // Another request was quicker.
                Verdict::Replacing if !authenticated => return Err(meanwhile()),
                _ => {}
            }
            let (user, upload) = (user_id.to_string(), upload.clone());
            let write = move |tx: &mut Tx<'_>| {
                if Present::read(tx.conn(), &user, &upload)? != present {
                    return Ok(None);
                }
                checked.write(tx, &user).map(Some)
            };
            if let Some(written) = self.store().write(write).await? {
                return written;
            }
        }
        Err(meanwhile())
    }

    /// Checks an upload beside what there is now. That takes the time of some signatures, so it is not for the writer, who
    /// only looks whether what there is has stayed the same.
    async fn checked(&self, user_id: &UserId, upload: &Arc<CrossSigningUpload>) -> Result<(Present, Checked)> {
        let (user_id, upload) = (user_id.to_string(), upload.clone());
        let read = move |conn: &mut Conn| {
            let present = Present::read(conn, &user_id, &upload)?;
            Ok(Checked::check(&user_id, &upload, &present).map(|checked| (present, checked)))
        };
        self.store().read(read).await?
    }
}

fn meanwhile() -> Error {
    Error::Forbidden("other cross-signing keys were uploaded meanwhile".into())
}

struct Checked {
    keys: Vec<NewKey>,
    verdict: Verdict,
}

impl Checked {
    fn check(user_id: &str, upload: &CrossSigningUpload, present: &Present) -> Result<Self> {
        let keys: Vec<NewKey> =
            upload.keys().into_iter().map(|(usage, key)| NewKey::read(usage, key, user_id)).collect::<Result<_>>()?;
        let new_master = keys.iter().find(|key| key.usage == Usage::Master);
        let old_master = present.key(Usage::Master);
        let master = new_master.map(|key| &key.public_key).or(old_master.map(|row| &row.public_key));
        let master = master.ok_or(Error::MissingParam("no master signing key is available".into()))?;
        let signers = present.signers();
        for key in &keys {
            if present.devices.contains(&key.public_key) {
                return Err(Error::Forbidden("one of the devices has the id of this key".into()));
            }
            key.check_signatures(user_id, master, &signers)?;
        }
        let verdict = match old_master {
            None => Verdict::First,
            Some(_) if keys.iter().all(|key| present.has(key)) => Verdict::Nothing,
            Some(_) => Verdict::Replacing,
        };
        Ok(Self { keys, verdict })
    }

    fn write(&self, tx: &mut Tx<'_>, user_id: &str) -> store::Result<Result<()>> {
        let mut rows = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            match key.signed.text() {
                Ok(json) => rows.push(CrossSigningKeyRow {
                    user_id: user_id.to_owned(),
                    usage: key.usage as i16,
                    public_key: key.public_key.clone(),
                    json,
                }),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        let before = cross_signing::get(tx.conn(), user_id, Usage::Master)?.map(|row| row.public_key);
        let after = self.keys.iter().find(|key| key.usage == Usage::Master).map(|key| &key.public_key);
        if after.is_some() && after != before.as_ref() {
            // What the old master key has signed means nothing beside the new one.
            cross_signing::delete(tx, user_id, Usage::SelfSigning)?;
            cross_signing::delete(tx, user_id, Usage::UserSigning)?;
        }
        for row in &rows {
            cross_signing::set(tx, row)?;
        }
        // The user-signing key is nobody else's business.
        let signing_keys = rows.iter().any(|row| row.usage != Usage::UserSigning as i16);
        announce(tx, user_id, Changed { signing_keys, ..Changed::default() })?;
        Ok(Ok(()))
    }
}

impl Present {
    fn read(conn: &mut Conn, user_id: &str, upload: &CrossSigningUpload) -> store::Result<Self> {
        let keys = cross_signing::of_user(conn, user_id)?;
        let devices: Vec<String> = devices::list(conn, user_id)?.into_iter().map(|device| device.device_id).collect();
        let named = upload.master_key.as_ref().map(|key| device_signers(key, user_id, &devices)).unwrap_or_default();
        let mut signers = Vec::with_capacity(named.len());
        for id in named {
            if let Some(stored) = device_keys::get(conn, user_id, &id)? {
                signers.push((id, stored));
            }
        }
        Ok(Self { keys, devices, signers })
    }

    /// The devices that have signed the new master key, with the keys by which they sign.
    fn signers(&self) -> Vec<(String, PublicKey)> {
        let key = |(id, stored): &(String, String)| Some((id.clone(), DeviceKeys::stored(stored, id).ok()?.key));
        self.signers.iter().filter_map(key).collect()
    }

    fn key(&self, usage: Usage) -> Option<&CrossSigningKeyRow> {
        self.keys.iter().find(|row| row.usage == usage as i16)
    }

    /// Whether there is this key already, signatures aside: it may have gained some.
    fn has(&self, key: &NewKey) -> bool {
        let stored = self.key(key.usage).and_then(|row| Signed::read(&row.json).ok());
        stored.is_some_and(|stored| stored.object == key.signed.object)
    }
}

impl NewKey {
    fn read(usage: Usage, key: &Object, user_id: &str) -> Result<Self> {
        let object = events::canonical::object_from(key).map_err(|error| Error::bad_json(error.to_string()))?;
        let mut signed = Signed::of(object)?;
        if signed.string("user_id") != Some(user_id) {
            return Err(Error::invalid_param("the keys must be those of the user who uploads them"));
        }
        let usages = signed.list("usage").ok_or(Error::bad_json("usage must be a list of texts"))?;
        if !usages.contains(&usage.as_str()) {
            return Err(Error::invalid_param(format!("the usage of the key must be {}", usage.as_str())));
        }
        let public_key = public_key(&signed)?;
        signed.keep_signatures_of(user_id);
        let key = Self { usage, signed, public_key };
        let too_long = |signature: &String| signature.len() > SIGNATURE_BYTES;
        if key.signed.text()?.len() > CROSS_SIGNING_KEY_BYTES
            || key.signed.signatures.values().any(|keys| keys.values().any(too_long))
        {
            // Not 413: a wrong signature is one however long it is.
            return Err(Error::invalid_signature("the key or one of its signatures is too large"));
        }
        Ok(key)
    }

    /// The master key must have signed the others; the devices that have signed the master key must have done so.
    fn check_signatures(&self, user_id: &str, master: &str, signers: &[(String, PublicKey)]) -> Result<()> {
        let message = self.signed.message()?;
        if self.usage == Usage::Master {
            let fits = |(device, key): &(String, PublicKey)| {
                self.signed.signature(user_id, device).is_none_or(|signature| key.verifies(&message, signature))
            };
            return if signers.iter().all(fits) { Ok(()) } else { Err(wrong("a device's")) };
        }
        let signature = self.signed.signature(user_id, master).ok_or_else(|| wrong("the master key's"))?;
        let fits = PublicKey::parse(master).is_some_and(|key| key.verifies(&message, signature));
        if fits { Ok(()) } else { Err(wrong("the master key's")) }
    }
}

fn wrong(whose: &str) -> Error {
    Error::invalid_signature(format!("{whose} signature is missing or wrong"))
}

/// The public key of a cross-signing key, which is also its id.
pub(crate) fn public_key(signed: &Signed) -> Result<String> {
    let keys = signed.strings("keys").ok_or(Error::bad_json("keys must be texts by name"))?;
    let mut keys = keys.into_iter();
    match (keys.next(), keys.next()) {
        (Some((name, key)), None) if name.strip_prefix("ed25519:") == Some(key) && PublicKey::parse(key).is_some() => {
            Ok(key.to_owned())
        }
        _ => Err(Error::invalid_param("a cross-signing key must have one Ed25519 key, named by itself")),
    }
}

/// The devices by which a master key is signed.
fn device_signers(key: &Object, user_id: &str, devices: &[String]) -> Vec<String> {
    let signatures = key.get("signatures").and_then(|by_user| by_user.get(user_id)).and_then(Value::as_object);
    let names = signatures.into_iter().flatten().filter_map(|(name, _)| name.strip_prefix("ed25519:"));
    names.filter(|id| is_storable(id) && devices.iter().any(|device| device == id)).map(str::to_owned).collect()
}

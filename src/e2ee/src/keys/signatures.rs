//! `POST /keys/signatures/upload`: signatures of one's own devices and master key, and of others' master keys.

use std::{collections::BTreeMap, sync::Arc};

use ruma::UserId;
use serde_json::{Value, json, value::RawValue};
use store::{
    Tx,
    e2ee::{Changed, CrossSigningKeyRow, Usage, UserSignatureRow, announce, cross_signing, device_keys},
};

use super::{
    bounds::{CROSS_SIGNING_KEY_BYTES, DEVICE_KEYS_BYTES, SIGNATURE_BYTES, SIGNED_OBJECTS},
    device_keys::DeviceKeys,
};
use crate::{E2ee, Error, Result, ids::is_storable, signatures::PublicKey, signed::Signed};

/// What a client uploads: signed objects by user and key id (a device id, or the public key of a master key).
pub type SignedObjects = BTreeMap<String, BTreeMap<String, Box<RawValue>>>;

/// What was wrong, by user and key id: `errcode` and `error`.
pub type SignatureFailures = BTreeMap<String, BTreeMap<String, Value>>;

/// How many objects one transaction looks at: each costs the time of a few signatures.
const OBJECTS_PER_WRITE: usize = 20;

/// One object of an upload.
struct Upload {
    user_id: String,
    key_id: String,
    object: Box<RawValue>,
}

impl E2ee {
    /// Adds signatures. Those that are wrong are told, and the others stored.
    ///
    /// # Errors
    /// [`Error::BadJson`] where something else than an object is said to be signed, [`Error::TooLarge`] for too many.
    pub async fn upload_signatures(&self, signer: &UserId, objects: SignedObjects) -> Result<SignatureFailures> {
        let mut uploads = Vec::new();
        for (user_id, keys) in objects {
            for (key_id, object) in keys {
                if !object.get().starts_with('{') {
                    return Err(Error::bad_json("only objects can be signed"));
                }
                uploads.push(Upload { user_id: user_id.clone(), key_id, object });
            }
        }
        if uploads.len() > SIGNED_OBJECTS {
            return Err(Error::too_large("these are too many signed objects at once"));
        }
        let signer: Arc<str> = signer.as_str().into();
        let mut failures = SignatureFailures::new();
        while !uploads.is_empty() {
            let rest = uploads.split_off(uploads.len().min(OBJECTS_PER_WRITE));
            let some = Arc::new(std::mem::replace(&mut uploads, rest));
            let (signer, adding) = (signer.clone(), some.clone());
            let outcomes = self.store().write(move |tx| add_all(tx, &signer, &adding)).await?;
            for (upload, outcome) in some.iter().zip(outcomes) {
                if let Err(error) = outcome {
                    let failure = json!({ "errcode": error.code(), "error": error.to_string() });
                    failures.entry(upload.user_id.clone()).or_default().insert(upload.key_id.clone(), failure);
                }
            }
        }
        Ok(failures)
    }
}

fn add_all(tx: &mut Tx<'_>, signer: &str, uploads: &[Upload]) -> store::Result<Vec<Result<()>>> {
    let mut outcomes = Vec::with_capacity(uploads.len());
    let (mut devices, mut signing_keys) = (Vec::new(), false);
    for upload in uploads {
        outcomes.push(match add(tx, signer, upload) {
            Ok(new) => {
                match new {
                    News::Device => devices.push(upload.key_id.clone()),
                    News::Master => signing_keys = true,
                    News::None => {}
                }
                Ok(())
            }
            // The database, and not the client, is at fault.
            Err(Error::Store(error)) => return Err(error),
            Err(error) => Err(error),
        });
    }
    if signing_keys || !devices.is_empty() {
        announce(tx, signer, Changed { devices: &devices, signing_keys })?;
    }
    Ok(outcomes)
}

/// What others must hear of.
enum News {
    /// A device has another signature.
    Device,
    /// The master key has.
    Master,
    /// Nothing.
    None,
}

/// Adds what is signed in one object.
fn add(tx: &mut Tx<'_>, signer: &str, upload: &Upload) -> Result<News> {
    let Upload { user_id, key_id, object } = upload;
    if !is_storable(user_id) || !is_storable(key_id) {
        return Err(no_such_key());
    }
    if object.get().len() > CROSS_SIGNING_KEY_BYTES {
        return Err(Error::too_large("the object or its signatures are too large"));
    }
    let signed = Signed::read(object.get())?;
    if let Some(master) = cross_signing::get(tx.conn(), user_id, Usage::Master)?
        && master.public_key == *key_id
    {
        return if user_id == signer {
            own_master(tx, signer, &signed, master)
        } else {
            foreign(tx, signer, &signed, &master)
        };
    }
    if user_id == signer { own_device(tx, signer, key_id, &signed) } else { Err(no_such_key()) }
}

/// The self-signing key has signed a device.
fn own_device(tx: &mut Tx<'_>, signer: &str, device_id: &str, signed: &Signed) -> Result<News> {
    let stored = device_keys::get(tx.conn(), signer, device_id)?.ok_or_else(no_such_key)?;
    let mut stored = DeviceKeys::stored(&stored, device_id)?.signed;
    check_same(signed, &stored)?;
    let key = cross_signing::get(tx.conn(), signer, Usage::SelfSigning)?;
    let key = key.ok_or(Error::not_found("there is no self-signing key"))?.public_key;
    let signature = checked(signed, signer, &key, &key)?;
    if !stored.add_signature(signer, &key, signature) {
        return Ok(News::None);
    }
    let text = stored.text()?;
    if text.len() > DEVICE_KEYS_BYTES || !DeviceKeys::fit(tx.conn(), signer, device_id, &text)? {
        return Err(Error::too_large("the device has too many signatures"));
    }
    device_keys::set(tx, signer, device_id, &text)?;
    Ok(News::Device)
}

/// Devices have signed the master key of their user.
fn own_master(tx: &mut Tx<'_>, signer: &str, signed: &Signed, master: CrossSigningKeyRow) -> Result<News> {
    let mut stored = Signed::read(&master.json).map_err(Error::stored)?;
    check_same(signed, &stored)?;
    let names =
        signed.signatures.get(signer).into_iter().flatten().filter_map(|(name, _)| name.strip_prefix("ed25519:"));
    let (mut any, mut new) = (false, false);
    for device_id in names.filter(|id| is_storable(id)) {
        let Some(keys) = device_keys::get(tx.conn(), signer, device_id)? else { continue };
        let keys = DeviceKeys::stored(&keys, device_id)?;
        let public = keys.signed.strings("keys").unwrap_or_default();
        let Some(public) = public.get(format!("ed25519:{device_id}").as_str()) else { continue };
        let signature = checked(signed, signer, device_id, public)?;
        new |= stored.add_signature(signer, device_id, signature);
        any = true;
    }
    if !any {
        return Err(Error::invalid_signature("none of the user's devices has signed the master key"));
    }
    if !new {
        return Ok(News::None);
    }
    let json = stored.text()?;
    if json.len() > CROSS_SIGNING_KEY_BYTES {
        return Err(Error::too_large("the master key has too many signatures"));
    }
    cross_signing::set(tx, &CrossSigningKeyRow { json, ..master })?;
    Ok(News::Master)
}

/// The user-signing key has signed the master key of somebody else.
fn foreign(tx: &mut Tx<'_>, signer: &str, signed: &Signed, master: &CrossSigningKeyRow) -> Result<News> {
    check_same(signed, &Signed::read(&master.json).map_err(Error::stored)?)?;
    let key = cross_signing::get(tx.conn(), signer, Usage::UserSigning)?;
    let key = key.ok_or(Error::not_found("there is no user-signing key"))?.public_key;
    let row = UserSignatureRow {
        signer: signer.to_owned(),
        target: master.user_id.clone(),
        target_key: master.public_key.clone(),
        signature: checked(signed, signer, &key, &key)?.to_owned(),
        signer_key: key,
        position: 0,
    };
    let known = cross_signing::signatures_by(tx.conn(), signer, std::slice::from_ref(&row.target))?;
    if !known.iter().any(|known| UserSignatureRow { position: 0, ..known.clone() } == row) {
        cross_signing::sign(tx, &row)?;
    }
    // Nobody but the signer sees it.
    Ok(News::None)
}

/// What is signed must be what is stored.
fn check_same(signed: &Signed, stored: &Signed) -> Result<()> {
    if signed.object == stored.object {
        return Ok(());
    }
    Err(Error::invalid_param("what is signed is not the key that this server has"))
}

/// The signature under a key id, if it is of this key.
fn checked<'s>(signed: &'s Signed, signer: &str, key_id: &str, public: &str) -> Result<&'s str> {
    let signature = signed.signature(signer, key_id).filter(|signature| signature.len() <= SIGNATURE_BYTES);
    let message = signed.message()?;
    signature
        .filter(|signature| PublicKey::parse(public).is_some_and(|key| key.verifies(&message, signature)))
        .ok_or_else(|| Error::invalid_signature("the signature is missing or wrong"))
}

fn no_such_key() -> Error {
    Error::not_found("there is no such key")
}

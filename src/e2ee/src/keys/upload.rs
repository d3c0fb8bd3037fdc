//! `POST /keys/upload`: what a device publishes of itself.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{DeviceId, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{
    Conn, LogKind, Tx,
    accounts::devices,
    e2ee::{
        Changed, ClaimedRow, FallbackKeyRow, OneTimeKeyRow, Usage, announce, cross_signing, device_keys, fallback_keys,
        one_time_keys,
    },
};

use super::{
    bounds::{FALLBACK_KEYS, ONE_TIME_KEYS},
    device_keys::DeviceKeys,
    one_time_key::{OneTimeKey, SIGNED_CURVE, Unchecked, Uploaded, all_signed},
};
use crate::{E2ee, Error, Result};

/// What a device uploads.
#[derive(Debug, Default, Deserialize)]
pub struct KeyUpload {
    /// Its identity keys.
    pub device_keys: Option<Box<RawValue>>,
    /// Keys to be given out once each.
    pub one_time_keys: Option<Uploaded>,
    /// Keys to be given out when those are used up.
    pub fallback_keys: Option<Uploaded>,
    /// The same under MSC2732's name from before it was specified. Clients send either, or both at once.
    #[serde(rename = "org.matrix.msc2732.fallback_keys")]
    pub old_fallback_keys: Option<Uploaded>,
}

impl KeyUpload {
    /// The fallback keys, under whichever name.
    fn fallback(&self) -> Option<&Uploaded> {
        self.fallback_keys.as_ref().filter(|keys| !keys.is_empty()).or(self.old_fallback_keys.as_ref())
    }
}

/// How many unclaimed one-time keys a device has, by algorithm.
pub(crate) type Counts = BTreeMap<String, i64>;

/// An upload that may be written.
pub(crate) struct CheckedUpload {
    device_keys: Option<DeviceKeys>,
    one_time_keys: Vec<OneTimeKey>,
    fallback_keys: Vec<OneTimeKey>,
    /// The stored keys of the device with which signatures were checked, or none; those must still be the ones.
    checked_by: Option<String>,
    /// Whether there were signatures to check.
    signed: bool,
}

/// What became of an upload.
pub(crate) enum Written {
    Done(Counts),
    /// Another one-time key has this name.
    Exists(String),
    TooMany,
    /// The device's keys have changed since the upload was checked: it is to be checked again.
    Outdated,
    NoDevice,
}

impl CheckedUpload {
    /// Checks all that can be checked before the write. Takes CPU time for the signatures.
    ///
    /// * `stored`: the keys that the device has; `self_signing`: the user's self-signing key.
    pub fn check(
        upload: &KeyUpload,
        (user_id, device_id): (&str, &str),
        stored: Option<String>,
        self_signing: Option<&str>,
    ) -> Result<Self> {
        let device_keys = upload.device_keys.as_ref();
        let device_keys =
            device_keys.map(|keys| DeviceKeys::check(keys.get(), user_id, device_id, self_signing)).transpose()?;
        let (one_time_keys, fallback_keys) = (upload.one_time_keys.as_ref(), upload.fallback());
        let number = |keys: Option<&Uploaded>| keys.map_or(0, BTreeMap::len);
        if number(one_time_keys) > ONE_TIME_KEYS || number(fallback_keys) > FALLBACK_KEYS {
            return Err(too_many());
        }
        let mut unchecked = Unchecked::default();
        let mut read = |keys: Option<&Uploaded>| {
            keys.map(|keys| unchecked.read(keys, user_id, device_id)).transpose().map(Option::unwrap_or_default)
        };
        let one_time_keys = read(one_time_keys)?;
        let fallback_keys = read(fallback_keys)?;
        // They are in the order of algorithms.
        if fallback_keys.iter().zip(fallback_keys.iter().skip(1)).any(|(one, next)| one.algorithm == next.algorithm) {
            return Err(Error::invalid_param("there can be only one fallback key for each algorithm"));
        }
        let mut checked_by = None;
        let signed = !unchecked.is_empty();
        match (&device_keys, stored) {
            (Some(keys), _) => unchecked.verify(&keys.key)?,
            (None, Some(stored)) if signed => {
                unchecked.verify(&DeviceKeys::stored(&stored, device_id)?.key)?;
                checked_by = Some(stored);
            }
            // They are checked when the keys of the device come; before that nobody can use them.
            (None, _) => {}
        }
        Ok(Self { device_keys, one_time_keys, fallback_keys, checked_by, signed })
    }

    /// Writes an upload: all of it, or nothing. The device need not be there: dehydrated ones may come later.
    pub fn write(&self, tx: &mut Tx<'_>, user_id: &str, device_id: &str) -> store::Result<Written> {
        let stored = device_keys::get(tx.conn(), user_id, device_id)?;
        if self.signed
            && self.device_keys.is_none()
            && !same_signing_key(self.checked_by.as_deref(), stored.as_deref(), device_id)
        {
            return Ok(Written::Outdated);
        }
        let stored = stored.and_then(|stored| DeviceKeys::stored(&stored, device_id).ok());
        let mut new_keys = None;
        // A device of other identity keys has lost the private parts of all that it had uploaded.
        let mut afresh = false;
        if let Some(keys) = &self.device_keys {
            let Ok(text) = keys.replacing(stored.as_ref()) else { return Ok(Written::TooMany) };
            if let Some(text) = &text
                && !DeviceKeys::fit(tx.conn(), user_id, device_id, text)?
            {
                return Ok(Written::TooMany);
            }
            new_keys = text;
            afresh = match &stored {
                Some(stored) => !stored.same_identity(keys),
                None => !self.fits_earlier(tx, (user_id, device_id), keys)?,
            };
        }
        let mut counts = if afresh { Counts::new() } else { one_time_keys::counts(tx.conn(), user_id, device_id)? };
        let claimed = if afresh { Vec::new() } else { self.claimed(tx, (user_id, device_id))? };
        let new = match self.new_one_time_keys(tx, (user_id, device_id), &counts, &claimed)? {
            Ok(new) => new,
            Err(refused) => return Ok(refused),
        };
        let fallback = if afresh { Vec::new() } else { fallback_keys::of_device(tx.conn(), user_id, device_id)? };
        let others = fallback.iter().filter(|row| !self.fallback_keys.iter().any(|key| key.algorithm == row.algorithm));
        if others.count() + self.fallback_keys.len() > FALLBACK_KEYS {
            return Ok(Written::TooMany);
        }
        // From here on nothing is refused any more.
        if afresh {
            one_time_keys::delete(tx, user_id, device_id)?;
            fallback_keys::delete(tx, user_id, device_id)?;
        }
        if let Some(text) = new_keys {
            device_keys::set(tx, user_id, device_id, &text)?;
            let devices = &[device_id.to_owned()];
            announce(tx, user_id, Changed { devices, ..Changed::default() })?;
        }
        // Whoever brings others has heard that these were taken; what is uploaded again is brought with them.
        if !new.is_empty() {
            for row in claimed.iter().filter(|row| !self.one_time_keys.iter().any(|key| is_claimed(key, row))) {
                one_time_keys::forget_claimed(tx, row)?;
            }
        }
        let fallback = self.new_fallback_keys(&fallback);
        if afresh || !new.is_empty() || !fallback.is_empty() {
            let position = tx.log(LogKind::OneTimeKeys, None, Some(user_id), None);
            for key in &new {
                *counts.entry(key.algorithm.clone()).or_default() += 1;
            }
            let row = |key: &&OneTimeKey| OneTimeKeyRow {
                user_id: user_id.to_owned(),
                device_id: device_id.to_owned(),
                algorithm: key.algorithm.clone(),
                position,
                key_id: key.key_id.clone(),
                json: key.json.clone(),
            };
            one_time_keys::insert(tx, &new.iter().map(row).collect::<Vec<_>>())?;
            for key in fallback {
                let row = FallbackKeyRow {
                    user_id: user_id.to_owned(),
                    device_id: device_id.to_owned(),
                    algorithm: key.algorithm.clone(),
                    key_id: key.key_id.clone(),
                    json: key.json.clone(),
                    used: false,
                };
                fallback_keys::set(tx, &row)?;
            }
        }
        counts.entry(SIGNED_CURVE.to_owned()).or_default();
        Ok(Written::Done(counts))
    }

    /// Whether what came before the keys of the device is signed by them.
    fn fits_earlier(
        &self,
        tx: &mut Tx<'_>,
        (user_id, device_id): (&str, &str),
        keys: &DeviceKeys,
    ) -> store::Result<bool> {
        let one_time = one_time_keys::of_device(tx.conn(), user_id, device_id)?;
        let fallback = fallback_keys::of_device(tx.conn(), user_id, device_id)?;
        let one_time = one_time.iter().map(|row| (&*row.algorithm, &*row.json));
        let fallback = fallback.iter().map(|row| (&*row.algorithm, &*row.json));
        Ok(all_signed(one_time.chain(fallback), (user_id, device_id), &keys.key))
    }

    /// The keys of the device that were given out, where there are one-time keys to be compared with them.
    fn claimed(&self, tx: &mut Tx<'_>, (user_id, device_id): (&str, &str)) -> store::Result<Vec<ClaimedRow>> {
        if self.one_time_keys.is_empty() {
            return Ok(Vec::new());
        }
        one_time_keys::claimed(tx.conn(), user_id, device_id)
    }

    /// The one-time keys that the device has not uploaded before. One that was given out meanwhile must not be given out
    /// again: a device uses its private part once.
    fn new_one_time_keys(
        &self,
        tx: &mut Tx<'_>,
        (user_id, device_id): (&str, &str),
        counts: &Counts,
        claimed: &[ClaimedRow],
    ) -> store::Result<Result<Vec<&OneTimeKey>, Written>> {
        let before: i64 = counts.values().sum();
        let mut new: Vec<&OneTimeKey> = self.one_time_keys.iter().collect();
        if !claimed.is_empty() {
            let by_name: BTreeMap<(&str, &str), &ClaimedRow> =
                claimed.iter().map(|row| ((&*row.algorithm, &*row.key_id), row)).collect();
            let row = |key: &OneTimeKey| by_name.get(&(&*key.algorithm, &*key.key_id)).copied();
            new.retain(|key| !row(key).is_some_and(|row| is_claimed(key, row)));
        }
        if before > 0 && !new.is_empty() {
            let rows = one_time_keys::of_device(tx.conn(), user_id, device_id)?;
            let known: BTreeMap<(&str, &str), &str> =
                rows.iter().map(|row| ((&*row.algorithm, &*row.key_id), &*row.json)).collect();
            let other =
                |key: &&&OneTimeKey| known.get(&(&*key.algorithm, &*key.key_id)).is_some_and(|json| !key.is(json));
            if let Some(key) = new.iter().find(other) {
                return Ok(Err(Written::Exists(format!("{}:{}", key.algorithm, key.key_id))));
            }
            new.retain(|key| !known.contains_key(&(&*key.algorithm, &*key.key_id)));
        }
        let after = usize::try_from(before).unwrap_or(usize::MAX).saturating_add(new.len());
        Ok(if after > ONE_TIME_KEYS { Err(Written::TooMany) } else { Ok(new) })
    }

    /// The fallback keys that are not the ones that are there: those stay used if they are.
    fn new_fallback_keys(&self, stored: &[FallbackKeyRow]) -> Vec<&OneTimeKey> {
        let is_stored = |key: &OneTimeKey| {
            let same = |row: &FallbackKeyRow| row.algorithm == key.algorithm && row.key_id == key.key_id;
            stored.iter().any(|row| same(row) && key.is(&row.json))
        };
        self.fallback_keys.iter().filter(|key| !is_stored(key)).collect()
    }
}

/// Whether a key is one that was given out.
fn is_claimed(key: &OneTimeKey, row: &ClaimedRow) -> bool {
    key.algorithm == row.algorithm && key.key_id == row.key_id && key.is(&row.json)
}

fn same_signing_key(checked_by: Option<&str>, stored: Option<&str>, device_id: &str) -> bool {
    let key = |text: &str| DeviceKeys::stored(text, device_id).ok().map(|keys| keys.key);
    stored == checked_by || stored.zip(checked_by).is_some_and(|(stored, by)| key(stored) == key(by))
}

fn too_many() -> Error {
    Error::too_large("these are more keys than a device, or all devices of a user, can have")
}

impl E2ee {
    /// Stores what a device uploads: all of it, or nothing. Gives the counts of its unclaimed one-time keys.
    ///
    /// # Errors
    /// For keys that are not right, a one-time key under the name of another, or too many.
    pub async fn upload_keys(&self, user_id: &UserId, device_id: &DeviceId, upload: KeyUpload) -> Result<Counts> {
        let (user_id, device_id): (Arc<str>, Arc<str>) = (user_id.as_str().into(), device_id.as_str().into());
        let upload = Arc::new(upload);
        loop {
            let (user, device, upload) = (user_id.clone(), device_id.clone(), upload.clone());
            let checked = self.store().read(move |conn| read_and_check(conn, &user, &device, &upload)).await??;
            let (user, device) = (user_id.clone(), device_id.clone());
            let written = self.store().write(move |tx| {
                if devices::get(tx.conn(), &user, &device)?.is_none() {
                    return Ok(Written::NoDevice);
                }
                checked.write(tx, &user, &device)
            });
            match written.await? {
                Written::Done(counts) => return Ok(counts),
                // Clients know this text.
                Written::Exists(name) => {
                    return Err(Error::Unknown(
                        format!("One time key {name} already exists with other contents").into(),
                    ));
                }
                Written::TooMany => return Err(too_many()),
                Written::NoDevice => return Err(Error::DeviceGone),
                Written::Outdated => {}
            }
        }
    }
}

fn read_and_check(
    conn: &mut Conn,
    user_id: &str,
    device_id: &str,
    upload: &KeyUpload,
) -> store::Result<Result<CheckedUpload>> {
    let stored = device_keys::get(conn, user_id, device_id)?;
    let self_signing = match upload.device_keys {
        Some(_) => cross_signing::get(conn, user_id, Usage::SelfSigning)?.map(|row| row.public_key),
        None => None,
    };
    Ok(CheckedUpload::check(upload, (user_id, device_id), stored, self_signing.as_deref()))
}

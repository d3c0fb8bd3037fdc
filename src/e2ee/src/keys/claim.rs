//! `POST /keys/claim`: one key each of other devices, for a first message.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use ruma::{OwnedUserId, UserId};
use serde_json::value::RawValue;
use store::{
    LogKind, Tx,
    e2ee::{fallback_keys, one_time_keys},
};

use crate::{E2ee, Error, Result, ids::is_storable};

/// Keys that one transaction gives out; more would hold up everybody else.
const KEYS_PER_WRITE: usize = 100;
/// Places that are looked at together.
const PLACES_PER_READ: usize = 500;

/// What is wanted: the algorithm, by user and device.
pub type Wanted = BTreeMap<OwnedUserId, BTreeMap<String, String>>;

/// What was given: by user and device, the key under its full name.
pub type Claimed = BTreeMap<OwnedUserId, BTreeMap<String, BTreeMap<String, Box<RawValue>>>>;

/// One key that is wanted.
#[derive(Clone)]
struct Place {
    user_id: OwnedUserId,
    device_id: String,
    algorithm: String,
    /// Whether one-time keys are spared where there is a fallback key.
    spares: bool,
}

impl E2ee {
    /// Takes a key of each device of our users: the oldest one-time key, or the fallback key where there is none. Who has
    /// neither is left out. A one-time key is given to nobody else.
    pub async fn claim_keys(&self, wanted: Wanted) -> Result<Claimed> {
        self.claim_keys_sparing(wanted, |_, _| false).await
    }

    /// The same where some devices (of a user, of this id) spare their one-time keys: of those the fallback key is given, if
    /// they have one. So nobody can take all of them away.
    pub async fn claim_keys_sparing(
        &self,
        wanted: Wanted,
        spares: impl Fn(&UserId, &str) -> bool + Send,
    ) -> Result<Claimed> {
        let mut places = Vec::new();
        let ours = |user: &OwnedUserId| self.rooms().is_local(user) && is_storable(user.as_str());
        for (user_id, devices) in wanted.into_iter().filter(|(user, _)| ours(user)) {
            for (device_id, algorithm) in devices {
                if is_storable(&device_id) && is_storable(&algorithm) {
                    places.push(Place { user_id: user_id.clone(), device_id, algorithm, spares: false });
                }
            }
        }
        let mut claimed = Claimed::new();
        let mut places = self.with_keys(places).await?;
        places.iter_mut().for_each(|place| place.spares = spares(&place.user_id, &place.device_id));
        while !places.is_empty() {
            let rest = places.split_off(places.len().min(KEYS_PER_WRITE));
            let some = Arc::new(std::mem::replace(&mut places, rest));
            let taking = some.clone();
            let taken = self.store().write(move |tx| take_all(tx, &taking)).await?;
            for (place, (key_id, json)) in some.iter().zip(taken).filter_map(|(place, key)| Some((place, key?))) {
                let key = RawValue::from_string(json).map_err(Error::stored)?;
                let of_user = claimed.entry(place.user_id.clone()).or_default();
                let of_device = of_user.entry(place.device_id.clone()).or_default();
                of_device.insert(format!("{}:{key_id}", place.algorithm), key);
            }
        }
        Ok(claimed)
    }

    /// Those places where there is a key, so that the others cost the writer nothing.
    async fn with_keys(&self, places: Vec<Place>) -> Result<Vec<Place>> {
        if places.is_empty() {
            return Ok(places);
        }
        let read = self.store().read(move |conn| {
            let mut found = Vec::with_capacity(places.len());
            for chunk in places.chunks(PLACES_PER_READ) {
                let users: Vec<&str> = chunk.iter().map(|place| place.user_id.as_str()).collect();
                let devices: Vec<&str> = chunk.iter().map(|place| &*place.device_id).collect();
                let mut known: HashSet<_> = one_time_keys::places(conn, &users, &devices)?.into_iter().collect();
                known.extend(fallback_keys::places(conn, &users, &devices)?);
                let there = |place: &&Place| {
                    let Place { user_id, device_id, algorithm, .. } = place;
                    known.contains(&(user_id.to_string(), device_id.clone(), algorithm.clone()))
                };
                found.extend(chunk.iter().filter(there).cloned());
            }
            Ok(found)
        });
        Ok(read.await?)
    }
}

type Key = Option<(String, String)>;

fn take_all(tx: &mut Tx<'_>, places: &[Place]) -> store::Result<Vec<Key>> {
    let mut given: BTreeMap<&str, i64> = BTreeMap::new();
    let mut keys = Vec::with_capacity(places.len());
    for place in places {
        let (key, changed) = take(tx, place)?;
        if changed {
            *given.entry(place.user_id.as_str()).or_default() += 1;
        }
        keys.push(key);
    }
    for (user_id, number) in given {
        tx.log(LogKind::OneTimeKeys, None, Some(user_id), Some(number));
    }
    Ok(keys)
}

/// A key, and whether the device has to hear of it.
fn take(tx: &mut Tx<'_>, place: &Place) -> store::Result<(Key, bool)> {
    let Place { user_id, device_id, algorithm, spares } = place;
    let fallback = fallback_keys::get(tx.conn(), user_id.as_str(), device_id, algorithm)?;
    if !(*spares && fallback.is_some())
        && let Some(key) = one_time_keys::take(tx, user_id.as_str(), device_id, algorithm)?
    {
        return Ok((Some(key), true));
    }
    let Some(row) = fallback else { return Ok((None, false)) };
    if !row.used {
        fallback_keys::mark_used(tx, user_id.as_str(), device_id, algorithm)?;
    }
    Ok((Some((row.key_id, row.json)), !row.used))
}

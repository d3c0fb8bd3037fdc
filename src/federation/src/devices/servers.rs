//! What other servers can be asked about their users' keys.

use std::{collections::BTreeMap, time::Duration};

use e2ee::{
    keys::{Asked, Claimed, Wanted},
    remote::{TheirDevice, TheirKeys, check_claims},
};
use futures_util::future::BoxFuture;
use ruma::{
    OneTimeKeyAlgorithm, OwnedDeviceId, OwnedUserId, ServerName, UserId,
    api::federation::{
        device::get_devices,
        keys::{claim_keys, get_keys},
    },
    serde::Raw,
};
use serde_json::value::RawValue;

use crate::{
    Error, Result,
    client::{Bounds, Client},
};

/// The keys of some hundred users.
const KEYS_BYTES: usize = 16 << 20;
/// Longer than any client may wait: that one of them has no patience does not mean that a server cannot be reached.
const KEYS_TIME: Duration = Duration::from_secs(90);
/// The keys of one user. What is kept of them is less.
const LIST_BYTES: usize = 8 << 20;
/// How long a server may think about a list; nobody waits for it.
const LIST_TIME: Duration = Duration::from_secs(30);

/// The way to other servers, for tests that have none. What is not a server's to say is left out of the answers.
pub(crate) trait KeyServers: Send + Sync {
    /// `POST /user/keys/query`.
    fn query<'a>(
        &'a self,
        server: &'a ServerName,
        asked: Asked,
    ) -> BoxFuture<'a, Result<BTreeMap<OwnedUserId, TheirKeys>>>;

    /// `POST /user/keys/claim`.
    fn claim<'a>(&'a self, server: &'a ServerName, wanted: Wanted) -> BoxFuture<'a, Result<Claimed>>;

    /// `GET /user/devices/{userId}`: the newest change that the list has, and the list.
    fn devices<'a>(&'a self, server: &'a ServerName, user_id: &'a UserId) -> BoxFuture<'a, Result<(i64, TheirKeys)>>;
}

impl KeyServers for Client {
    fn query<'a>(
        &'a self,
        server: &'a ServerName,
        asked: Asked,
    ) -> BoxFuture<'a, Result<BTreeMap<OwnedUserId, TheirKeys>>> {
        Box::pin(async move {
            let devices = asked.iter().map(|(user, devices)| (user.clone(), ids(devices))).collect();
            let bounds = Bounds { bytes: KEYS_BYTES, time: KEYS_TIME };
            let answer = self.send(server, get_keys::v1::Request::new(devices), bounds).await?;
            Ok(asked.into_keys().map(|user| (user.clone(), told(&answer, &user))).collect())
        })
    }

    fn claim<'a>(&'a self, server: &'a ServerName, wanted: Wanted) -> BoxFuture<'a, Result<Claimed>> {
        Box::pin(async move {
            let claims = wanted.iter().map(|(user, devices)| (user.clone(), algorithms(devices))).collect();
            let bounds = Bounds { bytes: KEYS_BYTES, time: KEYS_TIME };
            let mut answer = self.send(server, claim_keys::v1::Request::new(claims), bounds).await?;
            let mut claimed = Claimed::new();
            for (user_id, devices) in wanted {
                let given = answer.one_time_keys.remove(&user_id).unwrap_or_default().into_iter();
                let given = given.map(|(device, keys)| {
                    let keys = keys.into_iter().map(|(name, key)| (name.to_string(), key.into_json()));
                    (device.to_string(), keys.collect())
                });
                let given = check_claims(&devices, given.collect());
                if !given.is_empty() {
                    claimed.insert(user_id, given);
                }
            }
            Ok(claimed)
        })
    }

    fn devices<'a>(&'a self, server: &'a ServerName, user_id: &'a UserId) -> BoxFuture<'a, Result<(i64, TheirKeys)>> {
        Box::pin(async move {
            let bounds = Bounds { bytes: LIST_BYTES, time: LIST_TIME };
            let answer = self.retry(server, get_devices::v1::Request::new(user_id.to_owned()), bounds).await?;
            if *answer.user_id != *user_id {
                return Err(Error::BadAnswer { server: server.to_owned(), reason: "it is about another user".into() });
            }
            let device = |device: get_devices::v1::UserDevice| TheirDevice {
                device_id: device.device_id.to_string(),
                display_name: device.device_display_name,
                keys: device.keys.into_json(),
            };
            let devices = answer.devices.into_iter().map(device);
            let (master, self_signing) = (json(answer.master_key.as_ref()), json(answer.self_signing_key.as_ref()));
            Ok((answer.stream_id.into(), TheirKeys::check(user_id, devices, master, self_signing)))
        })
    }
}

fn ids(devices: &[String]) -> Vec<OwnedDeviceId> {
    devices.iter().map(|id| id.as_str().into()).collect()
}

fn algorithms(devices: &BTreeMap<String, String>) -> BTreeMap<OwnedDeviceId, OneTimeKeyAlgorithm> {
    devices.iter().map(|(id, algorithm)| (id.as_str().into(), algorithm.as_str().into())).collect()
}

/// What an answer says of one user. Who is not in it has no devices.
fn told(answer: &get_keys::v1::Response, user_id: &UserId) -> TheirKeys {
    let devices = answer.device_keys.get(user_id).into_iter().flatten().map(|(id, keys)| TheirDevice {
        device_id: id.to_string(),
        display_name: None,
        keys: keys.json().to_owned(),
    });
    let (master, self_signing) = (answer.master_keys.get(user_id), answer.self_signing_keys.get(user_id));
    TheirKeys::check(user_id, devices, json(master), json(self_signing))
}

fn json<T>(key: Option<&Raw<T>>) -> Option<&RawValue> {
    key.map(Raw::json)
}

//! What `b` says of the devices of its users.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use e2ee::{
    keys::{Asked, Claimed, Wanted},
    remote::{TheirDevice, TheirKeys},
};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use ruma::{OwnedUserId, ServerName, UserId};
use serde_json::{Value, json, value::to_raw_value};

use crate::{Error, Result, devices::KeyServers};

/// A server that has devices of users.
#[derive(Default)]
pub(crate) struct Lists {
    /// The newest change, and the devices by user.
    lists: Mutex<(i64, BTreeMap<OwnedUserId, Vec<String>>)>,
    /// How often it was asked for keys,
    pub queries: AtomicUsize,
    /// and for whole lists.
    pub lists_asked: AtomicUsize,
    /// Whether it does not answer.
    pub down: AtomicBool,
}

/// The keys of a device as its server tells them.
pub(crate) fn device_keys(user_id: &str, device_id: &str) -> Value {
    json!({
        "user_id": user_id,
        "device_id": device_id,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
        "keys": { format!("ed25519:{device_id}"): "key" },
        "signatures": { user_id: { format!("ed25519:{device_id}"): "signature" } },
    })
}

impl Lists {
    /// Changes the devices of a user.
    pub fn set(&self, stream_id: i64, user_id: &UserId, devices: &[&str]) {
        let mut lists = self.lists.lock();
        lists.0 = stream_id;
        lists.1.insert(user_id.to_owned(), devices.iter().map(|id| (*id).to_owned()).collect());
    }

    fn answer<T>(&self, server: &ServerName, answer: impl FnOnce() -> T) -> Result<T> {
        match self.down.load(Ordering::SeqCst) {
            true => Err(Error::Unreachable { server: server.to_owned(), reason: "down".into() }),
            false => Ok(answer()),
        }
    }

    fn keys(&self, user_id: &UserId) -> TheirKeys {
        let lists = self.lists.lock();
        let devices = lists.1.get(user_id).into_iter().flatten().map(|id| TheirDevice {
            device_id: id.clone(),
            display_name: None,
            keys: to_raw_value(&device_keys(user_id.as_str(), id)).unwrap(),
        });
        TheirKeys::check(user_id, devices, None, None)
    }
}

impl KeyServers for Lists {
    fn query<'a>(
        &'a self,
        server: &'a ServerName,
        asked: Asked,
    ) -> BoxFuture<'a, Result<BTreeMap<OwnedUserId, TheirKeys>>> {
        self.queries.fetch_add(1, Ordering::SeqCst);
        let keys = || asked.into_keys().map(|user| (user.clone(), self.keys(&user))).collect();
        let answer = self.answer(server, keys);
        Box::pin(async move { answer })
    }

    fn claim<'a>(&'a self, server: &'a ServerName, _: Wanted) -> BoxFuture<'a, Result<Claimed>> {
        let answer = self.answer(server, Claimed::new);
        Box::pin(async move { answer })
    }

    fn devices<'a>(&'a self, server: &'a ServerName, user_id: &'a UserId) -> BoxFuture<'a, Result<(i64, TheirKeys)>> {
        self.lists_asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer(server, || {
            let stream_id = self.lists.lock().0;
            (stream_id, self.keys(user_id))
        });
        Box::pin(async move { answer })
    }
}

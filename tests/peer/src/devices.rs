//! Devices and keys of the peer's users: what a test has told of `devices` answers all that asks for them.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::request::Request;
use crate::signing::{SigningKey, curve_key};
use crate::{Peer, locked};

impl Peer {
    /// Answers `user/keys/query` and `user/keys/claim`.
    pub(super) fn device_keys(&self, request: &Request, endpoint: &str) -> Answer {
        let told = locked(&self.inner.told);
        let known = |user: &str| told.get(&("devices".to_owned(), user.to_owned())).cloned().unwrap_or_default();
        if endpoint == "claim" {
            let mut keys = json!({});
            for (user, devices) in request.json["one_time_keys"].as_object().into_iter().flatten() {
                for device in devices.as_object().into_iter().flatten().map(|(device, _)| device) {
                    let key = told.get(&("one_time_key".to_owned(), format!("{user} {device}")));
                    if let Some(key) = key {
                        keys[user][device] = key.clone();
                    }
                }
            }
            return Answer::ok(json!({ "one_time_keys": keys }));
        }
        let mut answer = json!({ "device_keys": {}, "master_keys": {}, "self_signing_keys": {} });
        for user in request.json["device_keys"].as_object().into_iter().flatten().map(|(user, _)| user) {
            let list = known(user);
            for device in list["devices"].as_array().into_iter().flatten() {
                let id = device["device_id"].as_str().unwrap_or_default();
                answer["device_keys"][user][id] = device["keys"].clone();
            }
            for (from, to) in [("master_key", "master_keys"), ("self_signing_key", "self_signing_keys")] {
                if list[from].is_object() {
                    answer[to][user] = list[from].clone();
                }
            }
        }
        Answer::ok(answer)
    }

    /// Gives a user one device with keys and a one-time key; gives the device keys.
    pub fn device(&self, user: &str, id: &str) -> Value {
        let key = SigningKey::named(&format!("{user} {id}"));
        let keys = key.sign(
            json!({
                "user_id": user, "device_id": id,
                "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
                "keys": {
                    format!("ed25519:{id}"): key.public(),
                    format!("curve25519:{id}"): curve_key(&format!("{user} {id} curve")),
                },
            }),
            user,
            id,
        );
        let device = json!({ "device_id": id, "keys": keys, "device_display_name": "A scripted device" });
        self.tell("devices", user, json!({ "user_id": user, "stream_id": 1, "devices": [device] }));
        let one_time = key.sign(json!({ "key": curve_key(&format!("{user} {id} once")) }), user, id);
        self.tell("one_time_key", &format!("{user} {id}"), json!({ "signed_curve25519:AAAA": one_time }));
        keys
    }
}

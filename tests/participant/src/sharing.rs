//! Who gets keys: of new messages the members of the room, of old ones whoever is let in; always only devices that their
//! owners vouch for.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vodozemac::megolm::{GroupSession, InboundGroupSession, SessionConfig};

use crate::cross_signing::{OtherDevice, vouched_devices};
use crate::device::{Device, random};
use crate::json::put;
use crate::megolm::{Inbound, Outbound, Sessions};
use crate::requests::encoded;
use crate::{Bundle, Error, Result, open_attachment, seal_attachment};

impl Device {
    /// Sees to it that every vouched device of every member has the key of our session of a room.
    pub(crate) async fn share_session(&mut self, room_id: &str) -> Result<()> {
        if !self.sessions.outbound.contains_key(room_id) {
            let session = GroupSession::new(SessionConfig::version_1());
            self.sessions.keep(Inbound {
                room_id: room_id.to_owned(),
                sender_key: self.account.curve25519_key().to_base64(),
                claimed_ed25519: self.account.ed25519_key().to_base64(),
                shared_history: true,
                shared_by: None,
                session: InboundGroupSession::new(&session.session_key(), SessionConfig::version_1()),
            });
            self.sessions.outbound.insert(room_id.to_owned(), Outbound { session, holders: Default::default() });
        }
        let members = self.server.get(&format!("v3/rooms/{}/joined_members", encoded(room_id))).await?;
        let members = members.get("joined").and_then(Value::as_object).cloned().unwrap_or_default();
        let users: Vec<String> = members.keys().cloned().collect();
        let devices = self.devices_of(&users).await?;
        let Some(outbound) = self.sessions.outbound.get(room_id) else { return Ok(()) };
        let lacking: Vec<OtherDevice> = devices
            .into_iter()
            .filter(|device| !outbound.holders.contains(&(device.user_id.clone(), device.device_id.clone())))
            .collect();
        let content = Sessions::room_key(outbound, room_id);
        let reached = self.send_to_devices(&lacking, "m.room_key", &content).await?;
        if let Some(outbound) = self.sessions.outbound.get_mut(room_id) {
            outbound.holders.extend(reached);
        }
        Ok(())
    }

    /// Gives somebody the keys of a room's history, before the invite that tells them to come.
    ///
    /// # Errors
    /// None of their devices is vouched for; the server refuses.
    pub async fn share_history(&mut self, room_id: &str, user_id: &str) -> Result<usize> {
        let devices = self.devices_of(&[user_id.to_owned()]).await?;
        if devices.is_empty() {
            return Err(Error::wrong(format!("no device of {user_id} is cross-signed")));
        }
        let bundle = Bundle::of(room_id, self.sessions.inbound.values());
        let content = serde_json::to_vec(&bundle)?;
        let (key, counter) = (random()?, random()?);
        let (sealed, _) = seal_attachment(&content, key, counter, "")?;
        let address = self.server.upload(sealed).await?;
        let (_, file) = seal_attachment(&content, key, counter, &address)?;
        let message = json!({"room_id": room_id, "file": file});
        let reached = self.send_to_devices(&devices, "m.room_key_bundle", &message).await?;
        if reached.is_empty() {
            return Err(Error::wrong(format!("no device of {user_id} could be reached")));
        }
        Ok(bundle.room_keys.len())
    }

    /// Opens the bundle that came from whoever invited us into a room. Gives how many keys it had.
    ///
    /// # Errors
    /// None came from that user, or it cannot be read.
    pub async fn open_history(&mut self, room_id: &str, inviter: &str) -> Result<usize> {
        let place = (room_id.to_owned(), inviter.to_owned());
        let file = self.bundles.get(&place).ok_or_else(|| Error::wrong("no bundle came"))?.clone();
        let address = crate::json::text(&file.0, "url")?;
        let sealed = self.server.download(address).await?;
        let opened = Bundle::open(&open_attachment(&sealed, &file)?, room_id, inviter)?;
        let count = opened.len();
        for inbound in opened {
            self.sessions.keep(inbound);
        }
        self.bundles.remove(&place);
        Ok(count)
    }

    /// The vouched devices of users, but for this one.
    async fn devices_of(&self, users: &[String]) -> Result<Vec<OtherDevice>> {
        let wanted: BTreeMap<&String, [(); 0]> = users.iter().map(|user_id| (user_id, [])).collect();
        let answer = self.server.post("v3/keys/query", &json!({"device_keys": wanted, "timeout": 10_000})).await?;
        let devices = users.iter().flat_map(|user_id| vouched_devices(&answer, user_id));
        Ok(devices.filter(|device| device.user_id != self.user_id || device.device_id != self.device_id).collect())
    }

    /// Sends a message to devices, beginning Olm sessions where there are none. Gives those that were reached.
    async fn send_to_devices(
        &mut self,
        devices: &[OtherDevice],
        event_type: &str,
        content: &Value,
    ) -> Result<Vec<(String, String)>> {
        self.begin_sessions(devices).await?;
        let (mut messages, mut reached) = (json!({}), Vec::new());
        let sender = Self::sender(&self.account, &self.user_id, &self.device_keys);
        for device in devices.iter().filter(|device| self.olm.knows(&device.curve25519)).collect::<Vec<_>>() {
            let message = self.olm.encrypt(&sender, device, event_type, content)?;
            put(&mut messages, &[&device.user_id, &device.device_id], message);
            reached.push((device.user_id.clone(), device.device_id.clone()));
        }
        if !reached.is_empty() {
            let path = format!("v3/sendToDevice/m.room.encrypted/{}", self.transaction());
            self.server.put(&path, &json!({"messages": messages})).await?;
        }
        Ok(reached)
    }

    async fn begin_sessions(&mut self, devices: &[OtherDevice]) -> Result<()> {
        let mut wanted = json!({});
        for device in devices.iter().filter(|device| !self.olm.knows(&device.curve25519)) {
            put(&mut wanted, &[&device.user_id, &device.device_id], "signed_curve25519".into());
        }
        if wanted.as_object().is_none_or(serde_json::Map::is_empty) {
            return Ok(());
        }
        let answer = self.server.post("v3/keys/claim", &json!({"one_time_keys": wanted, "timeout": 10_000})).await?;
        for device in devices {
            let keys = answer.get("one_time_keys").and_then(|all| all.get(&device.user_id));
            let key = keys.and_then(|all| all.get(&device.device_id)).and_then(Value::as_object);
            if let Some(key) = key.and_then(|keys| keys.values().next()) {
                self.olm.begin(&self.account, device, key)?;
            }
        }
        Ok(())
    }
}

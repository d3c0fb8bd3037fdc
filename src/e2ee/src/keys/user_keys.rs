//! The public keys of a user, as everybody may see them.

use std::collections::{BTreeMap, HashMap};

use store::{
    Conn,
    e2ee::{CrossSigningKeyRow, RemoteDeviceRow, Usage, cross_signing, device_keys},
};

use super::counts::json_text;

/// The keys of one user, written down as they are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserKeys {
    /// The keys of each device with its name, as JSON, by device id.
    pub(super) devices: BTreeMap<String, String>,
    /// Master, self-signing and user-signing key; the last is for its owner only.
    pub(super) cross_signing: [Option<CrossSigningKey>; 3],
}

/// A cross-signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CrossSigningKey {
    pub public_key: String,
    /// With the owner's signatures.
    pub json: String,
}

impl UserKeys {
    /// Reads the keys of these users; each has an entry.
    pub(super) fn read(conn: &mut Conn, users: &[String]) -> store::Result<HashMap<String, Self>> {
        let mut found: HashMap<String, Self> = users.iter().map(|user| (user.clone(), Self::default())).collect();
        for row in device_keys::of_users(conn, users)? {
            let json = with_name(&row.json, row.display_name.as_deref());
            if let Some(keys) = found.get_mut(&row.user_id) {
                keys.devices.insert(row.device_id, json);
            }
        }
        for row in cross_signing::of_users(conn, users)? {
            if let Some(keys) = found.get_mut(&row.user_id) {
                keys.set_key(row);
            }
        }
        Ok(found)
    }

    /// The same of a user of another server.
    pub(crate) fn of_remote(devices: Vec<RemoteDeviceRow>, keys: Vec<CrossSigningKeyRow>) -> Self {
        let device = |row: RemoteDeviceRow| {
            let json = with_name(&row.json, row.display_name.as_deref());
            (row.device_id, json)
        };
        let mut told = Self { devices: devices.into_iter().map(device).collect(), ..Self::default() };
        keys.into_iter().for_each(|row| told.set_key(row));
        told
    }

    fn set_key(&mut self, row: CrossSigningKeyRow) {
        let place = Usage::ALL.iter().position(|known| *known as i16 == row.usage);
        if let Some(slot) = place.and_then(|place| self.cross_signing.get_mut(place)) {
            *slot = Some(CrossSigningKey { public_key: row.public_key, json: row.json });
        }
    }

    /// Bytes of memory, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let devices: usize = self.devices.iter().map(|(id, json)| 100 + id.len() + json.len()).sum();
        let keys: usize = self.cross_signing.iter().flatten().map(|key| key.public_key.len() + key.json.len()).sum();
        devices + keys
    }

    pub(super) fn key(&self, usage: Usage) -> Option<&CrossSigningKey> {
        let [master, self_signing, user_signing] = &self.cross_signing;
        match usage {
            Usage::Master => master.as_ref(),
            Usage::SelfSigning => self_signing.as_ref(),
            Usage::UserSigning => user_signing.as_ref(),
        }
    }
}

/// The keys of a device and, `unsigned`, what it is called.
fn with_name(json: &str, display_name: Option<&str>) -> String {
    let name = display_name.map(|name| format!(r#""device_display_name":{}"#, json_text(name)));
    // The object has members, and none of them is `unsigned`.
    let open = json.strip_suffix('}').unwrap_or(json);
    format!(r#"{open},"unsigned":{{{}}}}}"#, name.unwrap_or_default())
}

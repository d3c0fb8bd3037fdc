//! Tells other servers what changed of the devices of one of our users, in the transaction of the change (server-server
//! § Device Management).

use serde_json::{Map, Value, json};

use super::{Usage, cross_signing, device_keys, device_list_changes};
use crate::{
    Error, LogKind, Result, Tx,
    federation::{outbox, room_servers},
};

/// Devices of one change that are told one by one. Where there are more, what is told refers to changes that nobody was
/// told of, so that others ask for the whole list.
const DEVICES: usize = 20;

/// What changed of a user.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changed<'a> {
    /// The devices whose keys or names are others, or that are gone.
    pub devices: &'a [String],
    /// Whether the master or the self-signing key is another, or has other signatures.
    pub signing_keys: bool,
}

/// Notes what changed of one of our users: for those of ours who share a room, and for every server that does.
pub fn announce(tx: &mut Tx<'_>, user_id: &str, changed: Changed<'_>) -> Result<()> {
    let before = device_list_changes::stream_id(tx.conn(), user_id)?;
    let position = device_list_changes::note(tx, user_id)?;
    let servers = room_servers::servers_sharing(tx.conn(), user_id)?;
    let mut edus = Vec::new();
    if changed.signing_keys && !servers.is_empty() {
        edus.extend(signing_key_update(tx, user_id)?);
    }
    let (mut before, mut next) = (before, Some(position));
    let skipped = changed.devices.len().saturating_sub(DEVICES);
    if let (true, Some(nobody_knows)) = (skipped > 0, next) {
        (before, next) = (nobody_knows, None);
    }
    for device_id in changed.devices.iter().skip(skipped) {
        let stream_id = next.take().unwrap_or_else(|| tx.log(LogKind::DeviceList, None, Some(user_id), None));
        if !servers.is_empty() {
            edus.push(device_list_update(tx, (user_id, device_id), stream_id, before)?);
        }
        before = stream_id;
    }
    if !changed.devices.is_empty() {
        device_list_changes::set_stream_id(tx, user_id, before)?;
    }
    let edus: Vec<String> = edus.iter().map(Value::to_string).collect();
    for server in &servers {
        for edu in &edus {
            outbox::push(tx, server, edu)?;
        }
    }
    Ok(())
}

/// The device as it is now, where `before` is the change before this one, or 0; one without keys is none that others could know of.
pub(super) fn device_list_update(
    tx: &mut Tx<'_>,
    (user_id, device_id): (&str, &str),
    stream_id: i64,
    before: i64,
) -> Result<Value> {
    let mut content = Map::new();
    content.insert("user_id".into(), user_id.into());
    content.insert("device_id".into(), device_id.into());
    content.insert("stream_id".into(), stream_id.into());
    if before > 0 {
        content.insert("prev_id".into(), json!([before]));
    }
    match device_keys::named(tx.conn(), user_id, device_id)? {
        None => drop(content.insert("deleted".into(), true.into())),
        Some(row) => {
            content.insert("keys".into(), read(&row.json)?);
            if let Some(name) = row.display_name {
                content.insert("device_display_name".into(), name.into());
            }
        }
    }
    Ok(json!({ "edu_type": "m.device_list_update", "content": content }))
}

/// The keys as they are now; nothing where there are none, for nobody can be told that they are gone.
fn signing_key_update(tx: &mut Tx<'_>, user_id: &str) -> Result<Option<Value>> {
    let mut content = Map::new();
    for (usage, name) in [(Usage::Master, "master_key"), (Usage::SelfSigning, "self_signing_key")] {
        if let Some(row) = cross_signing::get(tx.conn(), user_id, usage)? {
            content.insert(name.into(), read(&row.json)?);
        }
    }
    if content.is_empty() {
        return Ok(None);
    }
    content.insert("user_id".into(), user_id.into());
    Ok(Some(json!({ "edu_type": "m.signing_key_update", "content": content })))
}

fn read(json: &str) -> Result<Value> {
    serde_json::from_str(json).map_err(|error| Error::Corrupt(format!("a key: {error}")))
}

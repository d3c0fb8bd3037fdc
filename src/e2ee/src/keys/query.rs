//! `POST /keys/query`: the public keys of users and their devices.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use ruma::{OwnedUserId, UserId};
use store::{
    Conn,
    e2ee::{Usage, UserSignatureRow, cross_signing},
};

use super::{UserKeys, bounds::USERS_PER_QUERY, counts::json_text, user_keys::CrossSigningKey};
use crate::{E2ee, Error, Result, ids::is_storable, signed::Signed};

/// Whose keys are asked for: device ids by user, none for all devices.
pub type Asked = BTreeMap<OwnedUserId, Vec<String>>;

/// What was found for an answer.
struct Found {
    keys: BTreeMap<OwnedUserId, Arc<UserKeys>>,
    /// What the asker has signed: the signatures by whose master key.
    signed: HashMap<String, UserSignatureRow>,
}

impl E2ee {
    /// The keys of users as `asker` may see them: the body of the answer, a JSON object.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for too many users at once.
    pub async fn query_keys(&self, asker: &UserId, asked: Asked) -> Result<String> {
        if asked.len() > USERS_PER_QUERY {
            return Err(Error::too_large("these are too many users for one query"));
        }
        let (ours, theirs): (Asked, Asked) = asked.into_iter().partition(|(user, _)| self.rooms().is_local(user));
        let found = self.find(asker, ours.keys().cloned().collect()).await?;
        let mut answer = String::with_capacity(1_000 * (1 + ours.len()));
        answer.push_str(r#"{"device_keys":"#);
        write_object(&mut answer, &ours, |answer, (user, wanted)| {
            push_key(answer, user.as_str());
            let keys = found.keys.get(user);
            let devices = keys.iter().flat_map(|keys| &keys.devices);
            let devices = devices.filter(|(id, _)| wanted.is_empty() || wanted.contains(id));
            write_object(answer, devices, |answer, (id, json)| {
                push_key(answer, id);
                answer.push_str(json);
            });
        });
        for usage in Usage::ALL {
            answer.push_str(&format!(r#","{}_keys":"#, usage.as_str()));
            let keys = found.keys.iter().filter_map(|(user, keys)| Some((user, keys.key(usage)?)));
            // The user-signing key tells nobody but its owner anything.
            let keys = keys.filter(|(user, _)| usage != Usage::UserSigning || *user == asker);
            write_object(&mut answer, keys, |answer, (user, key)| {
                push_key(answer, user.as_str());
                let signed = found.signed.get(user.as_str()).filter(|_| usage == Usage::Master);
                match signed.and_then(|row| with_signature(key, row)) {
                    Some(json) => answer.push_str(&json),
                    None => answer.push_str(&key.json),
                }
            });
        }
        answer.push_str(r#","failures":"#);
        answer.push_str(&failures(&theirs.into_keys().collect::<Vec<_>>()).to_string());
        answer.push('}');
        Ok(answer)
    }

    /// The keys of users of ours, those in memory and the others.
    async fn find(&self, asker: &UserId, users: Vec<OwnedUserId>) -> Result<Found> {
        let mut found = Found { keys: BTreeMap::new(), signed: HashMap::new() };
        let mut unknown = Vec::new();
        for user in users {
            match self.cache().keys(user.as_str()) {
                Some(keys) => drop(found.keys.insert(user, keys)),
                None if is_storable(user.as_str()) => unknown.push(user),
                None => {}
            }
        }
        if !unknown.is_empty() {
            let names: Vec<String> = unknown.iter().map(ToString::to_string).collect();
            let read = move |conn: &mut Conn, position| Ok((UserKeys::read(conn, &names)?, position));
            let (mut read, position) = self.store().snapshot(read).await?;
            for user in unknown {
                let keys = Arc::new(read.remove(user.as_str()).unwrap_or_default());
                self.cache().keep_keys(user.as_str(), position, &keys);
                found.keys.insert(user, keys);
            }
        }
        let with_master = found.keys.iter().filter(|(user, keys)| *user != asker && keys.key(Usage::Master).is_some());
        let targets: Vec<String> = with_master.map(|(user, _)| user.to_string()).collect();
        if !targets.is_empty() {
            let signer = asker.to_string();
            let rows = self.store().read(move |conn| cross_signing::signatures_by(conn, &signer, &targets)).await?;
            found.signed = rows.into_iter().map(|row| (row.target.clone(), row)).collect();
        }
        Ok(found)
    }
}

/// A master key with the asker's own signature; none where that was for an older key.
fn with_signature(key: &CrossSigningKey, row: &UserSignatureRow) -> Option<String> {
    if row.target_key != key.public_key {
        return None;
    }
    let mut signed = Signed::read(&key.json).ok()?;
    signed.add_signature(&row.signer, &row.signer_key, &row.signature);
    signed.text().ok()
}

/// The failures of users of other servers, by server.
pub(super) fn failures(users: &[OwnedUserId]) -> serde_json::Value {
    let failure = serde_json::json!({ "status": 503, "message": "this server does not speak with others yet" });
    users.iter().map(|user| (user.server_name().to_string(), failure.clone())).collect::<serde_json::Map<_, _>>().into()
}

fn push_key(json: &mut String, key: &str) {
    json.push_str(&json_text(key));
    json.push(':');
}

/// Writes an object of members, each of which writes its key and value.
fn write_object<T>(json: &mut String, members: impl IntoIterator<Item = T>, write: impl Fn(&mut String, T)) {
    json.push('{');
    for (number, member) in members.into_iter().enumerate() {
        if number > 0 {
            json.push(',');
        }
        write(json, member);
    }
    json.push('}');
}

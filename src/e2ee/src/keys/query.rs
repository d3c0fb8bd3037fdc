//! `POST /keys/query`: the public keys of users and their devices.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use ruma::{OwnedUserId, UserId};
use serde_json::{Map, Value};
use store::{
    Conn,
    e2ee::{Usage, UserSignatureRow, cross_signing},
};

use super::{
    ManyKeys, UserKeys,
    bounds::{ANSWER_BYTES, USERS_PER_QUERY, USERS_PER_READ},
    counts::json_text,
    user_keys::CrossSigningKey,
};
use crate::{E2ee, Error, Result, ids::is_storable, signed::Signed};

/// Whose keys are asked for: device ids by user, none for all devices.
pub type Asked = BTreeMap<OwnedUserId, Vec<String>>;

/// What was found for an answer.
#[derive(Default)]
pub(super) struct Found {
    pub keys: BTreeMap<OwnedUserId, Arc<UserKeys>>,
    /// What the asker has signed: the signatures by whose master key.
    signed: HashMap<String, UserSignatureRow>,
}

impl E2ee {
    /// The keys of users as `asker` may see them: the body of the answer, a JSON object. Of users of other servers it has
    /// what those have said.
    pub async fn query_keys(&self, asker: &UserId, asked: Asked, others: ManyKeys) -> Result<String> {
        let (ours, theirs): (Asked, Asked) = asked.into_iter().partition(|(user, _)| self.rooms().is_local(user));
        let (mut found, mut failures) = self.find(ours.keys().cloned().collect(), ANSWER_BYTES).await?;
        let (keys, of_others) = others.into_parts();
        found.keys.extend(keys);
        failures.extend(of_others);
        found.signed = self.signed_by(asker, &found.keys).await?;
        let told: Asked = ours.into_iter().chain(theirs).filter(|(user, _)| found.keys.contains_key(user)).collect();
        let mut answer = String::with_capacity(1_000 * (1 + told.len()));
        found.write_devices(&mut answer, &told);
        for usage in Usage::ALL {
            found.write_keys(&mut answer, usage, Some(asker));
        }
        answer.push_str(r#","failures":"#);
        answer.push_str(&Value::Object(failures).to_string());
        answer.push('}');
        Ok(answer)
    }

    /// Lets a query pass that names few enough users.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn require_few(&self, asked: &Asked) -> Result<()> {
        if asked.len() > USERS_PER_QUERY {
            return Err(Error::too_large("these are too many users for one query"));
        }
        Ok(())
    }

    /// The keys of users of ours, those in memory and the others, as far as they have no more than so many bytes; and what is
    /// told of that where they have more.
    pub(super) async fn find(&self, users: Vec<OwnedUserId>, most: usize) -> Result<(Found, Map<String, Value>)> {
        let mut many = ManyKeys::at_most(most);
        let mut unknown = Vec::new();
        for user in users {
            match self.cache().keys(user.as_str()) {
                Some(keys) => drop(many.add(user, keys)),
                None if is_storable(user.as_str()) => unknown.push(user),
                None => {}
            }
        }
        for some in unknown.chunks(USERS_PER_READ) {
            let names: Vec<String> = some.iter().map(ToString::to_string).collect();
            let read = move |conn: &mut Conn, position| Ok((UserKeys::read(conn, &names)?, position));
            let (mut read, position) = self.store().snapshot(read).await?;
            for user in some {
                let keys = Arc::new(read.remove(user.as_str()).unwrap_or_default());
                self.cache().keep_keys(user.as_str(), position, &keys);
                many.add(user.clone(), keys);
            }
        }
        let (keys, failures) = many.into_parts();
        Ok((Found { keys, ..Found::default() }, failures))
    }

    /// Which of these master keys a user has signed.
    async fn signed_by(
        &self,
        signer: &UserId,
        keys: &BTreeMap<OwnedUserId, Arc<UserKeys>>,
    ) -> Result<HashMap<String, UserSignatureRow>> {
        let with_master = keys.iter().filter(|(user, keys)| *user != signer && keys.key(Usage::Master).is_some());
        let targets: Vec<String> = with_master.map(|(user, _)| user.to_string()).collect();
        if targets.is_empty() {
            return Ok(HashMap::new());
        }
        let signer = signer.to_string();
        let rows = self.store().read(move |conn| cross_signing::signatures_by(conn, &signer, &targets)).await?;
        Ok(rows.into_iter().map(|row| (row.target.clone(), row)).collect())
    }
}

impl Found {
    /// Begins an answer: with the devices, those that are asked for.
    pub fn write_devices(&self, answer: &mut String, asked: &Asked) {
        answer.push_str(r#"{"device_keys":"#);
        write_object(answer, asked, |answer, (user, wanted)| {
            push_key(answer, user.as_str());
            let keys = self.keys.get(user);
            let devices = keys.iter().flat_map(|keys| &keys.devices);
            let devices = devices.filter(|(id, _)| wanted.is_empty() || wanted.contains(id));
            write_object(answer, devices, |answer, (id, json)| {
                push_key(answer, id);
                answer.push_str(json);
            });
        });
    }

    /// Goes on with the cross-signing keys of one kind.
    ///
    /// * `asker`: one of our users; none for another server.
    pub fn write_keys(&self, answer: &mut String, usage: Usage, asker: Option<&UserId>) {
        answer.push_str(&format!(r#","{}_keys":"#, usage.as_str()));
        let keys = self.keys.iter().filter_map(|(user, keys)| Some((user, keys.key(usage)?)));
        // The user-signing key tells nobody but its owner anything.
        let keys = keys.filter(|(user, _)| usage != Usage::UserSigning || Some(&***user) == asker);
        write_object(answer, keys, |answer, (user, key)| {
            push_key(answer, user.as_str());
            let signed = self.signed.get(user.as_str()).filter(|_| usage == Usage::Master);
            match signed.and_then(|row| with_signature(key, row)) {
                Some(json) => answer.push_str(&json),
                None => answer.push_str(&key.json),
            }
        });
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

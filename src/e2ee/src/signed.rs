//! Signed JSON (appendices § Signing JSON) as clients upload it.

use std::collections::BTreeMap;

use events::canonical;
use ruma::{CanonicalJsonObject, CanonicalJsonValue};

use crate::{Error, Result};

const SIGNATURES: &str = "signatures";
const UNSIGNED: &str = "unsigned";

/// Signatures by user and name of the key (`ed25519:…`).
pub(crate) type Signatures = BTreeMap<String, BTreeMap<String, String>>;

/// An object and its signatures. What is `unsigned` is left out: nobody answers for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// What is signed.
    pub object: CanonicalJsonObject,
    /// By whom.
    pub signatures: Signatures,
}

impl Signed {
    /// Reads an object.
    ///
    /// # Errors
    /// [`Error::BadJson`] for what is no object of canonical JSON, or has signatures of another form.
    pub fn read(text: &str) -> Result<Self> {
        Self::of(canonical::object(text).map_err(|error| Error::bad_json(error.to_string()))?)
    }

    /// The same of an object that is read already.
    pub fn of(mut object: CanonicalJsonObject) -> Result<Self> {
        object.remove(UNSIGNED);
        let signatures = match object.remove(SIGNATURES) {
            None => Signatures::new(),
            Some(value) => read_signatures(value).ok_or_else(malformed)?,
        };
        Ok(Self { object, signatures })
    }

    /// The text that is signed.
    pub fn message(&self) -> Result<String> {
        canonical::text(&self.object).map_err(|error| Error::bad_json(error.to_string()))
    }

    /// The whole object as canonical JSON.
    pub fn text(&self) -> Result<String> {
        let mut object = self.object.clone();
        if !self.signatures.is_empty() {
            let by_user = self.signatures.iter().map(|(user, keys)| {
                let keys = keys.iter().map(|(key, value)| (key.clone(), CanonicalJsonValue::String(value.clone())));
                (user.clone(), CanonicalJsonValue::Object(keys.collect()))
            });
            object.insert(SIGNATURES.to_owned(), CanonicalJsonValue::Object(by_user.collect()));
        }
        canonical::text(&object).map_err(|error| Error::bad_json(error.to_string()))
    }

    /// The signature of a user's Ed25519 key of this id.
    pub fn signature(&self, user_id: &str, key_id: &str) -> Option<&str> {
        Some(self.signatures.get(user_id)?.get(&format!("ed25519:{key_id}"))?)
    }

    /// A field that is a text.
    pub fn string(&self, field: &str) -> Option<&str> {
        self.object.get(field)?.as_str()
    }

    /// A field that is an object of texts.
    pub fn strings(&self, field: &str) -> Option<BTreeMap<&str, &str>> {
        let fields = self.object.get(field)?.as_object()?.iter();
        fields.map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
    }

    /// A field that is a list of texts.
    pub fn list(&self, field: &str) -> Option<Vec<&str>> {
        self.object.get(field)?.as_array()?.iter().map(CanonicalJsonValue::as_str).collect()
    }

    /// Keeps only the signatures of this user: those of others would tell who knows whom (client-server § Key and
    /// signature security).
    pub fn keep_signatures_of(&mut self, user_id: &str) {
        self.signatures.retain(|user, _| user == user_id);
    }

    /// Adds a user's signature by the Ed25519 key of this id. False where it is there already.
    pub fn add_signature(&mut self, user_id: &str, key_id: &str, signature: &str) -> bool {
        let of_user = self.signatures.entry(user_id.to_owned()).or_default();
        of_user.insert(format!("ed25519:{key_id}"), signature.to_owned()).as_deref() != Some(signature)
    }
}

fn read_signatures(value: CanonicalJsonValue) -> Option<Signatures> {
    let CanonicalJsonValue::Object(by_user) = value else { return None };
    let mut signatures = Signatures::new();
    for (user, keys) in by_user {
        let CanonicalJsonValue::Object(keys) = keys else { return None };
        let mut of_user = BTreeMap::new();
        for (key, value) in keys {
            let CanonicalJsonValue::String(value) = value else { return None };
            of_user.insert(key, value);
        }
        signatures.insert(user, of_user);
    }
    Some(signatures)
}

fn malformed() -> Error {
    Error::bad_json("signatures must be texts by user and key")
}

//! Events whose signatures nobody has checked yet.

use std::collections::BTreeSet;

use base64::Engine;
use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, EventId, MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedServerName, UInt,
    canonical_json::redact_in_place,
    room_version_rules::RoomVersionRules,
    signatures::{content_hash, reference_hash},
};

use crate::{Error, Provenance, PublicKey, Result, VerifiedPdu, canonical, format, signers, signing_key::BASE64};

/// An event that another server gave us, of the right size and format. It tells which keys are needed to check it, so
/// that those of many events can be fetched together.
pub struct UnverifiedPdu {
    event: CanonicalJsonObject,
    event_id: OwnedEventId,
    text: String,
    origin_server_ts: MilliSecondsSinceUnixEpoch,
}

impl UnverifiedPdu {
    /// Reads an event: step 1 of the checks on receipt of a PDU. `unsigned` is taken out: nobody answers for it.
    ///
    /// # Errors
    /// The event must be dropped.
    pub fn read(json: &str, rules: &RoomVersionRules, provenance: Provenance) -> Result<Self> {
        let mut event = canonical::object(json)?;
        event.remove("unsigned");
        let text = canonical::text(&event)?;
        format::check(&mut event, text.len(), &rules.event_format, provenance)?;
        let time = event.get("origin_server_ts").and_then(CanonicalJsonValue::as_integer);
        let time = time.and_then(|time| UInt::try_from(i64::from(time)).ok()).map(MilliSecondsSinceUnixEpoch);
        let origin_server_ts = time.ok_or_else(|| Error::Format("`origin_server_ts` must be a time".to_owned()))?;
        Ok(Self { event_id: event_id(&event, rules)?, event, text, origin_server_ts })
    }

    /// The ID that the event will have if it is accepted.
    pub fn event_id(&self) -> &EventId {
        &self.event_id
    }

    /// When its sender says to have sent it: the moment at which its keys must have been good.
    pub fn origin_server_ts(&self) -> MilliSecondsSinceUnixEpoch {
        self.origin_server_ts
    }

    /// Canonical JSON, without `unsigned`: what needs less memory, and can be read again.
    pub fn into_json(self) -> String {
        self.text
    }

    /// The servers whose keys are needed, and the ids of those keys.
    ///
    /// # Errors
    /// The event must be dropped.
    pub fn signers(&self, rules: &RoomVersionRules) -> Result<Vec<(OwnedServerName, Vec<&str>)>> {
        let mut servers = signers::required(&self.event, rules)?;
        servers.insert(signers::sender(&self.event)?);
        let keys = |server: OwnedServerName| {
            let keys = signers::signatures(&self.event, server.as_str()).map(|(key, _)| key).collect();
            (server, keys)
        };
        Ok(servers.into_iter().map(keys).collect())
    }

    /// Checks signatures and content hash: steps 2 and 3. If only its content hash is wrong, the result is the redacted
    /// event.
    ///
    /// * `key`: the key of this server and id, if it was good at [`UnverifiedPdu::origin_server_ts`].
    ///
    /// # Errors
    /// The event must be dropped.
    pub fn verify(
        mut self,
        rules: &RoomVersionRules,
        key: impl Fn(&OwnedServerName, &str) -> Option<PublicKey>,
    ) -> Result<VerifiedPdu> {
        let signed = signers::signed_text(&self.event, rules)?;
        let check = |event: &CanonicalJsonObject, servers: &BTreeSet<OwnedServerName>| {
            servers.iter().try_for_each(|server| signers::check(event, &signed, server.as_str(), |id| key(server, id)))
        };
        check(&self.event, &signers::required(&self.event, rules)?)?;
        if !has_its_hash(&self.event)? {
            redact_in_place(&mut self.event, &rules.redaction, None).map_err(|e| Error::Format(e.to_string()))?;
            // An invite that said to be one of a third party needs no signature of its sender. If redaction has made
            // it an ordinary one, it does.
            check(&self.event, &signers::required(&self.event, rules)?)?;
            self.text = canonical::text(&self.event)?;
        }
        VerifiedPdu::trust(self.event_id, self.text, rules)
    }
}

fn has_its_hash(event: &CanonicalJsonObject) -> Result<bool> {
    let hashes = event.get("hashes").and_then(CanonicalJsonValue::as_object);
    let hash = hashes.and_then(|hashes| hashes.get("sha256")).and_then(CanonicalJsonValue::as_str);
    let hash = hash.ok_or_else(|| Error::Format("missing field `hashes.sha256`".to_owned()))?;
    let expected = content_hash(event)?;
    Ok(BASE64.decode(hash).is_ok_and(|hash| hash.as_slice() == expected.as_bytes()))
}

/// The ID of an event: `$` and its reference hash (server-server § Calculating the reference hash for an event).
pub(crate) fn event_id(event: &CanonicalJsonObject, rules: &RoomVersionRules) -> Result<OwnedEventId> {
    let hash = reference_hash(event, rules)?;
    EventId::parse(format!("${hash}")).map_err(|error| Error::Format(error.to_string()))
}

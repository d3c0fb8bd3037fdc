//! A second server's signature on an event: invites bear that of the invited server, restricted joins that of the
//! server which let the user in (server-server § Inviting to a room, § Restricted rooms).

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, OwnedServerSigningKeyId, ServerName, ServerSigningKeyId,
    canonical_json::redact_in_place, room_version_rules::RoomVersionRules, signatures::sign_json,
};

use crate::{Error, PublicKey, Result, SigningKey, VerifiedPdu, canonical};

/// Signatures of one server beyond these are not looked at.
const MAX_SIGNATURES: usize = 10;

/// Adds the signature of this server to an event of another, and gives its canonical text.
///
/// A signature says that this server agrees. The text must not leave the server before the event has become a
/// [`VerifiedPdu`] and has been found to be what this server agrees to.
pub fn countersign(json: &str, rules: &RoomVersionRules, server: &ServerName, key: &SigningKey) -> Result<String> {
    let mut event = canonical::object(json)?;
    event.remove("unsigned");
    let mut redacted = redacted(&event, rules)?;
    sign_json(server.as_str(), key.pair(), &mut redacted)?;
    let signatures = redacted.remove("signatures").unwrap_or(CanonicalJsonValue::Null);
    event.insert("signatures".to_owned(), signatures);
    canonical::text(&event)
}

/// The signatures that a server has put on its copy of one of our events.
#[derive(Clone, Debug)]
pub struct Countersignatures(CanonicalJsonObject);

impl Countersignatures {
    /// Reads them. Nothing else of the copy is of interest.
    ///
    /// Fails with [`Error::Signature`] where there are none.
    pub fn of(server: &ServerName, copy: &str) -> Result<Self> {
        let missing = || Error::Signature(format!("{server} has not signed the event"));
        let mut copy = canonical::object(copy)?;
        let Some(CanonicalJsonValue::Object(mut signatures)) = copy.remove("signatures") else { return Err(missing()) };
        let Some(CanonicalJsonValue::Object(theirs)) = signatures.remove(server.as_str()) else {
            return Err(missing());
        };
        let theirs: CanonicalJsonObject = theirs.into_iter().take(MAX_SIGNATURES).collect();
        if theirs.is_empty() { Err(missing()) } else { Ok(Self(theirs)) }
    }

    /// The keys with which they were made.
    pub fn keys(&self) -> impl Iterator<Item = OwnedServerSigningKeyId> {
        self.0.keys().filter_map(|id| ServerSigningKeyId::parse(id.as_str()).ok())
    }
}

impl VerifiedPdu {
    /// The same event with the signatures of a second server. Those with keys that are not known are left out.
    ///
    /// Fails with [`Error::Signature`] where one does not fit, or none is of a known key.
    pub fn with_signatures(
        &self,
        server: &ServerName,
        signatures: &Countersignatures,
        rules: &RoomVersionRules,
        key: impl Fn(&ServerSigningKeyId) -> Option<PublicKey>,
    ) -> Result<Self> {
        let refused = |what: &str| Error::Signature(format!("{what} of {server}"));
        let mut event = canonical::object(self.json())?;
        let mut signed = redacted(&event, rules)?;
        signed.remove("signatures");
        let signed = canonical::text(&signed)?;
        let mut good = CanonicalJsonObject::new();
        for id in signatures.keys() {
            let (Some(key), Some(signature)) = (key(&id), signatures.0.get(id.as_str())) else { continue };
            let text = signature.as_str().ok_or_else(|| refused("a signature that is no text"))?;
            key.verify(signed.as_bytes(), text).map_err(|_| refused("a signature that does not fit"))?;
            good.insert(id.to_string(), signature.clone());
        }
        if good.is_empty() {
            return Err(refused("no signature with a known key"));
        }
        match event.get_mut("signatures") {
            Some(CanonicalJsonValue::Object(all)) => all.insert(server.to_string(), CanonicalJsonValue::Object(good)),
            _ => return Err(Error::Format("missing field `signatures`".to_owned())),
        };
        let text = canonical::text(&event)?;
        Self::trust(self.event_id().to_owned(), text, rules)
    }
}

/// What signatures cover, and those that there are.
pub(crate) fn redacted(event: &CanonicalJsonObject, rules: &RoomVersionRules) -> Result<CanonicalJsonObject> {
    let mut redacted = event.clone();
    redact_in_place(&mut redacted, &rules.redaction, None).map_err(|error| Error::Format(error.to_string()))?;
    Ok(redacted)
}

//! The signature with which a room's policy server recommends an event (server-server §policy-servers). Its key is not one of
//! the server's own: the room's state says which it is.

use ruma::{CanonicalJsonObject, CanonicalJsonValue, ServerName, room_version_rules::RoomVersionRules};

use crate::{Error, Pdu, PublicKey, Result, VerifiedPdu, canonical, countersign::redacted};

/// The name under which that key signs.
const KEY: &str = "ed25519:policy_server";

impl Pdu {
    /// Whether the policy server `server` has signed the event with this key.
    pub fn is_recommended_by(&self, server: &ServerName, key: &PublicKey, rules: &RoomVersionRules) -> bool {
        let Ok(event) = canonical::object(self.json()) else { return false };
        let signatures = event.get("signatures").and_then(CanonicalJsonValue::as_object);
        let theirs = signatures.and_then(|all| all.get(server.as_str())?.as_object());
        let Some(signature) = theirs.and_then(|theirs| theirs.get(KEY)?.as_str()) else { return false };
        signed(&event, rules).is_ok_and(|text| key.verify(text.as_bytes(), signature).is_ok())
    }
}

impl VerifiedPdu {
    /// The same event with the signature of a policy server, beside all that it has.
    ///
    /// Fails with [`Error::Signature`] where it does not fit.
    pub fn with_recommendation(
        &self,
        server: &ServerName,
        key: &PublicKey,
        signature: &str,
        rules: &RoomVersionRules,
    ) -> Result<Self> {
        let mut event = canonical::object(self.json())?;
        key.verify(signed(&event, rules)?.as_bytes(), signature)?;
        let Some(CanonicalJsonValue::Object(all)) = event.get_mut("signatures") else {
            return Err(Error::Format("missing field `signatures`".to_owned()));
        };
        let theirs =
            all.entry(server.to_string()).or_insert_with(|| CanonicalJsonValue::Object(CanonicalJsonObject::new()));
        // The server may be the sender's as well: what it has signed as that stays.
        if let CanonicalJsonValue::Object(theirs) = theirs {
            theirs.insert(KEY.to_owned(), signature.into());
        }
        Self::trust(self.event_id().to_owned(), canonical::text(&event)?, rules)
    }
}

/// What the signature covers.
fn signed(event: &CanonicalJsonObject, rules: &RoomVersionRules) -> Result<String> {
    let mut signed = redacted(event, rules)?;
    signed.remove("signatures");
    canonical::text(&signed)
}

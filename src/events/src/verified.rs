//! Events that have passed the checks which do not depend on the state of the room.

use std::ops::Deref;

use ruma::{
    CanonicalJsonObject, EventId, OwnedEventId,
    canonical_json::redact_in_place,
    room_version_rules::RoomVersionRules,
    signatures::{PublicKeyMap, VerificationError, Verified, reference_hash, verify_event},
};

use crate::{Error, Pdu, Result, canonical, format};

/// An event whose size, format, signatures and content hash were checked, whatever path it came by.
///
/// There are two ways to get one: [`EventBuilder::build`](crate::EventBuilder::build), which makes and signs it here,
/// and [`VerifiedPdu::receive`]. Authorization is the next step ([`auth`](crate::auth)).
#[derive(Clone, Debug)]
pub struct VerifiedPdu(Pdu);

/// By which kind of request an event reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Sent to us as a new event: at most 20 `prev_events` and 10 `auth_events`.
    Sent,
    /// Asked for by us, as a part of the room's past, which others accepted long ago: those two limits do not apply.
    History,
}

impl VerifiedPdu {
    /// Checks an event that another server gave us: steps 1 to 3 of the checks on receipt of a PDU.
    ///
    /// * `keys`: by server name, the keys that were valid at the event's `origin_server_ts`. Needed are the keys of
    ///   the servers that `ruma::signatures::required_server_signatures_to_verify_event` names.
    ///
    /// On an error the event must be dropped. If only its content hash is wrong, the result is the redacted event.
    /// `unsigned` is taken out: nobody answers for it.
    pub fn receive(json: &str, rules: &RoomVersionRules, keys: &PublicKeyMap, provenance: Provenance) -> Result<Self> {
        let mut event = canonical::object(json)?;
        event.remove("unsigned");
        let mut text = canonical::text(&event)?;
        format::check(&mut event, text.len(), &rules.event_format, provenance)?;
        match verify_event(keys, &event, rules).map_err(refusal)? {
            Verified::All => {}
            Verified::Signatures => {
                redact_in_place(&mut event, &rules.redaction, None).map_err(|e| Error::Format(e.to_string()))?;
                text = canonical::text(&event)?;
            }
        }
        Self::trust(&event, text, rules)
    }

    /// Wraps an event that has been checked, or made, by the caller.
    pub(crate) fn trust(event: &CanonicalJsonObject, text: String, rules: &RoomVersionRules) -> Result<Self> {
        Ok(Self(Pdu::from_stored(text, event_id(event, rules)?, rules, false)?))
    }

    /// The event, for storing and for the authorization rules.
    pub fn pdu(&self) -> &Pdu {
        &self.0
    }

    /// The event, with the verdict of the authorization rules.
    pub fn into_pdu(self, rejected: bool) -> Pdu {
        self.0.with_rejected(rejected)
    }
}

impl Deref for VerifiedPdu {
    type Target = Pdu;

    fn deref(&self) -> &Pdu {
        &self.0
    }
}

fn refusal(error: VerificationError) -> Error {
    match error {
        VerificationError::Json(error) => error.into(),
        other => Error::Signature(other.to_string()),
    }
}

/// The ID of an event: `$` and its reference hash (server-server § Calculating the reference hash for an event).
pub(crate) fn event_id(event: &CanonicalJsonObject, rules: &RoomVersionRules) -> Result<OwnedEventId> {
    let hash = reference_hash(event, rules)?;
    EventId::parse(format!("${hash}")).map_err(|error| Error::Format(error.to_string()))
}

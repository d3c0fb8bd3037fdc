//! Events that have passed the checks which do not depend on the state of the room.

use std::ops::Deref;

use ruma::{OwnedEventId, room_version_rules::RoomVersionRules, signatures::PublicKeyMap};

use crate::{Pdu, PublicKey, Result, UnverifiedPdu, canonical, unverified::event_id};

/// An event whose size, format, signatures and content hash were checked, whatever path it came by.
///
/// There are two ways to get one: [`EventBuilder::build`](crate::EventBuilder::build), which makes and signs it here,
/// and [`UnverifiedPdu::verify`], which [`VerifiedPdu::receive`] calls. Authorization is the next step ([`auth`](crate::auth)).
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
    /// Checks an event that another server gave us: steps 1 to 3 of the checks on receipt of a PDU. For many events at
    /// once, and where keys must be found first, see [`UnverifiedPdu`].
    ///
    /// * `keys`: by server name, the keys that were valid at the event's `origin_server_ts`.
    ///
    /// On an error the event must be dropped. If only its content hash is wrong, the result is the redacted event.
    /// `unsigned` is taken out: nobody answers for it.
    pub fn receive(json: &str, rules: &RoomVersionRules, keys: &PublicKeyMap, provenance: Provenance) -> Result<Self> {
        UnverifiedPdu::read(json, rules, provenance)?.verify(rules, |server, id| {
            let key = keys.get(server.as_str())?.get(id)?;
            PublicKey::from_bytes(key.as_bytes()).ok()
        })
    }

    /// The id of an event that is not checked any further, because it is refused anyway.
    ///
    /// # Errors
    /// [`Error::NotJson`], [`Error::BadJson`], [`Error::Format`] for what has none.
    pub fn id_of(json: &str, rules: &RoomVersionRules) -> Result<OwnedEventId> {
        event_id(&canonical::object(json)?, rules)
    }

    /// Wraps an event that has been checked, or made, by the caller.
    pub(crate) fn trust(event_id: OwnedEventId, text: String, rules: &RoomVersionRules) -> Result<Self> {
        Ok(Self(Pdu::from_stored(text, event_id, rules, false)?))
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

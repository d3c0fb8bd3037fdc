//! Step 4: an event must be allowed by its own auth events, none of which may be rejected.

use std::collections::HashMap;

use events::{Pdu, auth, version};
use ruma::{
    EventId, OwnedEventId, RoomId,
    events::{StateEventType, TimelineEventType},
    room_version_rules::RoomVersionRules,
};

use crate::{
    Result,
    lane::{Building, Known, Numbered},
};

/// The auth events of an event.
pub(super) struct AuthEvents {
    own: Vec<Numbered>,
    /// From room version 12 on the create event is not among them, but meant by the room's id.
    create: Option<Pdu>,
}

/// The id of the create event, where the room's id says it.
pub(crate) fn create_id(rules: &RoomVersionRules, room_id: &RoomId) -> Option<OwnedEventId> {
    if !version::room_id_is_create_hash(rules) {
        return None;
    }
    EventId::parse(format!("${}", room_id.as_str().trim_start_matches('!'))).ok()
}

impl Building<'_> {
    /// Loads them. All are known, and the create event too, if there is one.
    pub(super) fn auth_events(&mut self, pdu: &Pdu, known: &HashMap<OwnedEventId, Known>) -> Result<AuthEvents> {
        let mut own = Vec::with_capacity(pdu.auth_events().len());
        for event in pdu.auth_events().iter().filter_map(|id| known.get(id)) {
            own.push(Numbered { nid: event.row.nid, pdu: self.known_pdu(event)? });
        }
        let create = create_id(self.head.rules, pdu.room_id()).and_then(|id| known.get(&id));
        let create = create.map(|create| self.known_pdu(create)).transpose()?;
        Ok(AuthEvents { own, create })
    }
}

impl AuthEvents {
    /// The rules about the auth events themselves, and then the rules for a state that consists of them.
    pub fn check(&self, rules: &RoomVersionRules, pdu: &Pdu) -> Result<(), events::Error> {
        let all = || self.own.iter().map(|event| &event.pdu).chain(&self.create);
        auth::check_auth_events(rules, pdu, |id| all().find(|event| event.event_id() == id).cloned())?;
        auth::check_state(rules, pdu, |event_type: &StateEventType, state_key: &str| {
            let event_type = TimelineEventType::from(event_type.clone());
            all().find(|event| event.is_state(&event_type, state_key)).cloned()
        })
    }

    /// The events that it names, with their numbers.
    pub fn into_numbered(self) -> Vec<Numbered> {
        self.own
    }
}

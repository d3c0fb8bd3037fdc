//! Making new events.

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, Int, MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId,
    events::TimelineEventType, room_version_rules::RoomVersionRules, signatures::hash_and_sign_event,
};

use crate::{Error, Pdu, Provenance, Result, SigningKey, VerifiedPdu, canonical, format, unverified::event_id};

/// All that a new event is made of.
#[derive(Clone, Debug)]
pub struct EventBuilder {
    /// The room; `None` only for a create event of room version 12, which makes its own.
    pub room_id: Option<OwnedRoomId>,
    /// The sender, a user of this server.
    pub sender: OwnedUserId,
    /// The type.
    pub event_type: TimelineEventType,
    /// The state key, for a state event.
    pub state_key: Option<String>,
    /// The content, from [`canonical::object`] or [`canonical::object_from`].
    pub content: CanonicalJsonObject,
    /// The forward extremities of the room, at most 20.
    pub prev_events: Vec<OwnedEventId>,
    /// The state events of [`auth::auth_types`](crate::auth::auth_types) that the room has.
    pub auth_events: Vec<OwnedEventId>,
    /// One more than the greatest depth of `prev_events`; more than 2^53-1 is cut to that.
    pub depth: i64,
    /// The time of now.
    pub origin_server_ts: MilliSecondsSinceUnixEpoch,
    /// For a redaction: the event to redact. Written where the room version wants it.
    pub redacts: Option<OwnedEventId>,
}

impl EventBuilder {
    /// Hashes and signs the event in the name of the sender's server, and gives it its ID.
    pub fn build(self, rules: &RoomVersionRules, key: &SigningKey) -> Result<VerifiedPdu> {
        let server = self.sender.server_name().to_owned();
        let mut event = self.into_object(rules)?;
        hash_and_sign_event(server.as_str(), key.pair(), &mut event, &rules.redaction)?;
        let text = canonical::text(&event)?;
        format::check(&mut event, text.len(), &rules.event_format, Provenance::Sent)?;
        VerifiedPdu::trust(event_id(&event, rules)?, text, rules)
    }

    /// The event without hash and signature, for another server that is to make one of its own of it, or for asking the
    /// authorization rules. Its ID is not that of any event.
    pub fn template(self, rules: &RoomVersionRules) -> Result<Pdu> {
        let event = self.into_object(rules)?;
        Pdu::from_stored(canonical::text(&event)?, event_id(&event, rules)?, rules, false)
    }

    fn into_object(mut self, rules: &RoomVersionRules) -> Result<CanonicalJsonObject> {
        let mut event = CanonicalJsonObject::new();
        let mut put = |name: &str, value: CanonicalJsonValue| event.insert(name.to_owned(), value);
        if let Some(redacts) = self.redacts {
            let redacts = CanonicalJsonValue::String(redacts.to_string());
            if rules.redaction.content_field_redacts {
                self.content.insert("redacts".to_owned(), redacts);
            } else {
                put("redacts", redacts);
            }
        }
        let names_its_own_room =
            self.event_type == TimelineEventType::RoomCreate && rules.authorization.room_create_event_id_as_room_id;
        match self.room_id {
            _ if names_its_own_room => {}
            Some(room_id) => {
                put("room_id", CanonicalJsonValue::String(room_id.to_string()));
            }
            None => return Err(Error::Format("missing field `room_id`".to_owned())),
        }
        if let Some(state_key) = self.state_key {
            put("state_key", CanonicalJsonValue::String(state_key));
        }
        put("auth_events", ids(self.auth_events));
        put("content", CanonicalJsonValue::Object(self.content));
        put("depth", CanonicalJsonValue::Integer(Int::new_saturating(self.depth)));
        put("origin_server_ts", CanonicalJsonValue::Integer(self.origin_server_ts.get().into()));
        put("prev_events", ids(self.prev_events));
        put("sender", CanonicalJsonValue::String(self.sender.to_string()));
        put("type", CanonicalJsonValue::String(self.event_type.to_string()));
        Ok(event)
    }
}

fn ids(events: Vec<OwnedEventId>) -> CanonicalJsonValue {
    CanonicalJsonValue::Array(events.into_iter().map(|id| CanonicalJsonValue::String(id.to_string())).collect())
}

//! What another server tells of a room beside an invite or after a knock, before any client sees it: only state of the
//! types that say what room it is, only the four fields of stripped state, and not more than a user needs to know.
//! Whatever a stranger puts there goes into the `/sync` of who was invited, who never asked for it.

use std::collections::HashSet;

use events::{VerifiedPdu, canonical, client_event::stripped_state};
use ruma::{RoomId, UserId, room_version_rules::RoomVersionRules};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::shown::SHOWN;
use crate::{Error, Result};

/// The most that is kept of it, in bytes. What does not fit is left out.
pub const MAX_STRIPPED_BYTES: usize = 65_536;

/// Stripped state of a room that is not here, fit for clients.
#[derive(Clone, Debug, Default)]
pub struct StrippedState {
    events: Vec<Box<RawValue>>,
    bytes: usize,
    keys: HashSet<(String, String)>,
}

#[derive(Deserialize)]
struct Told {
    content: Box<RawValue>,
    sender: String,
    state_key: String,
    #[serde(rename = "type")]
    event_type: String,
}

#[derive(Serialize)]
struct Kept<'a> {
    content: &'a RawValue,
    sender: &'a UserId,
    state_key: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
}

impl StrippedState {
    /// Tells, before anything else is looked at, which of many events are of use: one for each key.
    ///
    /// * `inviter`: as below.
    pub fn interest(inviter: &UserId) -> impl FnMut(&RawValue) -> bool {
        #[derive(Deserialize)]
        struct Key {
            #[serde(rename = "type")]
            event_type: String,
            state_key: String,
        }
        let mut seen = HashSet::new();
        move |event| {
            let Ok(Key { event_type, state_key }) = serde_json::from_str(event.get()) else { return false };
            is_shown(&event_type, &state_key, inviter) && seen.insert((event_type, state_key))
        }
    }

    /// Takes an event of the room that was told as a whole, if it is of use.
    ///
    /// * `inviter`: whose membership is of use too.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for one of another room.
    pub fn add(&mut self, event: &VerifiedPdu, room_id: &RoomId, inviter: &UserId) -> Result<()> {
        if event.room_id() != room_id {
            return Err(Error::InvalidParam("the state beside the event is of another room".into()));
        }
        let Some(state_key) = event.state_key() else { return Ok(()) };
        let event_type = event.event_type().to_string();
        if is_shown(&event_type, state_key, inviter) {
            self.keep(event_type, state_key.to_owned(), stripped_state(event.json())?);
        }
        Ok(())
    }

    /// Takes what was told as stripped state, as servers did before specification v1.16, if it is of use and makes sense.
    pub fn add_stripped(&mut self, event: &RawValue, inviter: &UserId) {
        let Ok(told) = serde_json::from_str::<Told>(event.get()) else { return };
        let Ok(sender) = UserId::parse(&*told.sender) else { return };
        // Deep nesting and numbers that are none are not for clients to choke on.
        let Ok(content) = canonical::object(told.content.get()) else { return };
        let (Ok(content), Told { state_key, event_type, .. }) = (to_raw_value(&content), told) else { return };
        if !is_shown(&event_type, &state_key, inviter) {
            return;
        }
        let kept = Kept { content: &content, sender: &sender, state_key: &state_key, event_type: &event_type };
        if let Ok(kept) = to_raw_value(&kept) {
            self.keep(event_type, state_key, kept);
        }
    }

    fn keep(&mut self, event_type: String, state_key: String, event: Box<RawValue>) {
        let bytes = event.get().len();
        if self.bytes + bytes > MAX_STRIPPED_BYTES || !self.keys.insert((event_type, state_key)) {
            return;
        }
        self.bytes += bytes;
        self.events.push(event);
    }

    /// The same without memberships: that somebody knocks is what the knock says itself.
    #[must_use]
    pub fn without_members(mut self) -> Self {
        #[derive(Deserialize)]
        struct Kind {
            #[serde(rename = "type")]
            event_type: String,
        }
        let is_member = |event: &RawValue| {
            serde_json::from_str::<Kind>(event.get()).is_ok_and(|kind| kind.event_type == "m.room.member")
        };
        self.events.retain(|event| !is_member(event));
        self
    }

    /// Whether the event is there that made the room.
    pub fn has_create(&self) -> bool {
        self.keys.iter().any(|(event_type, _)| event_type == "m.room.create")
    }

    /// Whether events beside an invite must be whole in rooms of this version, and the one that made the room among them.
    pub fn must_be_whole(rules: &RoomVersionRules) -> bool {
        events::version::room_id_is_create_hash(rules)
    }

    /// The events of it, as clients get them.
    pub fn events(&self) -> &[Box<RawValue>] {
        &self.events
    }

    /// The JSON array of it.
    pub(super) fn text(&self) -> Result<String> {
        serde_json::to_string(&self.events).map_err(|error| Error::Internal(error.to_string()))
    }
}

fn is_shown(event_type: &str, state_key: &str, inviter: &UserId) -> bool {
    match event_type {
        "m.room.member" => state_key == inviter.as_str(),
        _ => state_key.is_empty() && SHOWN.contains(&event_type),
    }
}

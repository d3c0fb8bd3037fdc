//! Which events of a section are wanted.

use std::collections::HashSet;

use ruma::{
    OwnedUserId,
    api::client::filter::{Filter as AccountDataFilter, RoomEventFilter, UrlFilter},
};

use super::{RoomSelection, glob, texts_bytes};
use crate::events::ClientEvent;

/// A filter of one section.
#[derive(Debug, Default)]
pub(crate) struct EventFilter {
    types: Option<Vec<String>>,
    not_types: Vec<String>,
    senders: Option<HashSet<String>>,
    not_senders: HashSet<String>,
    rooms: RoomSelection,
    has_url: Option<bool>,
}

impl EventFilter {
    /// A filter of events in rooms.
    pub fn of_room(filter: &RoomEventFilter) -> Self {
        Self {
            types: filter.types.clone(),
            not_types: filter.not_types.clone(),
            senders: filter.senders.as_deref().map(texts),
            not_senders: texts(&filter.not_senders),
            rooms: RoomSelection::new(filter.rooms.as_deref(), &filter.not_rooms),
            has_url: filter.url_filter.as_ref().map(|wanted| matches!(wanted, UrlFilter::EventsWithUrl)),
        }
    }

    /// A filter of what belongs to no room.
    pub fn of_account_data(filter: &AccountDataFilter) -> Self {
        Self {
            types: filter.types.clone(),
            not_types: filter.not_types.clone(),
            senders: filter.senders.as_deref().map(texts),
            not_senders: texts(&filter.not_senders),
            ..Self::default()
        }
    }

    /// Whether anything of this room is wanted.
    pub fn allows_room(&self, room_id: &str) -> bool {
        self.rooms.allows(room_id) && self.types.as_ref().is_none_or(|types| !types.is_empty())
    }

    /// Whether an event of such a room is wanted.
    pub fn allows(&self, event: &ClientEvent) -> bool {
        self.allows_type(&event.event_type)
            && self.allows_sender(&event.sender)
            && self.has_url.is_none_or(|wanted| wanted == event.has_url)
    }

    /// Whether events of this type are wanted.
    pub fn allows_type(&self, event_type: &str) -> bool {
        let one_of = |types: &[String]| types.iter().any(|pattern| glob::matches(pattern, event_type));
        self.types.as_deref().is_none_or(one_of) && !one_of(&self.not_types)
    }

    /// Whether events of this sender are wanted.
    pub fn allows_sender(&self, sender: &str) -> bool {
        self.senders.as_ref().is_none_or(|senders| senders.contains(sender)) && !self.not_senders.contains(sender)
    }

    /// Roughly how many bytes the lists take.
    pub fn bytes(&self) -> usize {
        let types = self.types.iter().flatten().chain(&self.not_types);
        texts_bytes(types.chain(self.senders.iter().flatten()).chain(&self.not_senders)) + self.rooms.bytes()
    }
}

fn texts(ids: &[OwnedUserId]) -> HashSet<String> {
    ids.iter().map(ToString::to_string).collect()
}

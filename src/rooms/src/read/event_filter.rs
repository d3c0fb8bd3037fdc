//! `RoomEventFilter` (client-server § Filtering), applied to stored events.

use std::collections::HashSet;

use ruma::{
    OwnedUserId, RoomId,
    api::client::filter::{RoomEventFilter, UrlFilter},
};
use store::rooms::EventRow;

use super::content;

/// A filter for the events of one room.
#[derive(Debug)]
pub struct EventFilter<'f> {
    types: Option<&'f [String]>,
    not_types: &'f [String],
    senders: Option<HashSet<&'f str>>,
    not_senders: HashSet<&'f str>,
    url: Option<bool>,
    nothing: bool,
}

impl<'f> EventFilter<'f> {
    /// What a filter says for one room.
    pub fn new(filter: &'f RoomEventFilter, room_id: &RoomId) -> Self {
        let names = |users: &'f [OwnedUserId]| users.iter().map(|user| user.as_str()).collect::<HashSet<_>>();
        let this_room = |rooms: &[ruma::OwnedRoomId]| rooms.iter().any(|room| room == room_id);
        let senders = filter.senders.as_deref().map(names);
        let nothing = this_room(&filter.not_rooms)
            || filter.rooms.as_deref().is_some_and(|rooms| !this_room(rooms))
            || filter.types.as_ref().is_some_and(Vec::is_empty)
            || senders.as_ref().is_some_and(HashSet::is_empty);
        Self {
            types: filter.types.as_deref(),
            not_types: &filter.not_types,
            senders,
            not_senders: names(&filter.not_senders),
            url: filter.url_filter.as_ref().map(|filter| matches!(filter, UrlFilter::EventsWithUrl)),
            nothing,
        }
    }

    /// Whether no event can pass.
    pub fn allows_nothing(&self) -> bool {
        self.nothing
    }

    /// Whether an event passes.
    pub fn allows(&self, event: &EventRow) -> bool {
        let matches = |patterns: &[String]| patterns.iter().any(|pattern| glob(pattern, &event.event_type));
        !self.nothing
            && !self.not_senders.contains(event.sender.as_str())
            && self.senders.as_ref().is_none_or(|senders| senders.contains(event.sender.as_str()))
            && !matches(self.not_types)
            && self.types.is_none_or(matches)
            && self.url.is_none_or(|wanted| content::has_url(event) == wanted)
    }
}

/// Whether a text matches a pattern in which `*` stands for any number of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (middle, end) = pattern.rsplit_once('*').unwrap_or(("", pattern));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match text.split_once(part) {
            Some((_, rest)) => text = rest,
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn stars_match_anything() {
        for (pattern, text, expected) in [
            ("m.room.message", "m.room.message", true),
            ("m.room.message", "m.room.messages", false),
            ("*", "", true),
            ("*", "anything", true),
            ("m.room.*", "m.room.name", true),
            ("m.room.*", "m.rooms", false),
            ("*.name", "m.room.name", true),
            ("m.*.name", "m.name", false),
            ("m*m", "m", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a**c", "ac", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}

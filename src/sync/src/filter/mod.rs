//! Filters, made ready to be asked often (client-server § Filtering).

mod event_filter;
mod fields;
mod glob;

use std::collections::HashSet;

use ruma::api::client::filter::{EventFormat, FilterDefinition, LazyLoadOptions};

pub(crate) use event_filter::EventFilter;
pub(crate) use fields::Fields;
#[cfg(feature = "fuzzing")]
pub use glob::matches;

/// Events of a room's timeline when the filter names no number.
const DEFAULT_TIMELINE: usize = 10;

/// A filter of `/sync`.
#[derive(Debug)]
pub(crate) struct Filter {
    pub account_data: EventFilter,
    pub rooms: RoomSelection,
    pub room_account_data: EventFilter,
    pub timeline: EventFilter,
    pub state: EventFilter,
    pub ephemeral: Limited,
    pub presence: Limited,
    /// Most events of one timeline.
    pub limit: usize,
    pub include_leave: bool,
    /// Whether unread counts of threads are wanted apart.
    pub unread_threads: bool,
    /// Whether only members who matter are wanted.
    pub lazy_members: bool,
    /// Whether they are wanted even if they were sent before.
    pub redundant_members: bool,
    /// Which fields of events are wanted.
    pub fields: Option<Fields>,
    /// Whether events are wanted as they stand between servers.
    pub federation_format: bool,
}

impl Filter {
    /// Makes a filter ready.
    ///
    /// * `most`: timelines are no longer than this whatever the filter says.
    pub fn new(definition: &FilterDefinition, most: usize) -> Self {
        let room = &definition.room;
        let asked = room.timeline.limit.map_or(DEFAULT_TIMELINE, |limit| usize::try_from(limit).unwrap_or(most));
        let (lazy_members, redundant_members) = match room.state.lazy_load_options {
            LazyLoadOptions::Enabled { include_redundant_members } => (true, include_redundant_members),
            _ => (false, false),
        };
        Self {
            account_data: EventFilter::of_account_data(&definition.account_data),
            rooms: RoomSelection::new(room.rooms.as_deref(), &room.not_rooms),
            room_account_data: EventFilter::of_room(&room.account_data),
            timeline: EventFilter::of_room(&room.timeline),
            state: EventFilter::of_room(&room.state),
            ephemeral: Limited::new(EventFilter::of_room(&room.ephemeral), room.ephemeral.limit),
            presence: Limited::new(EventFilter::of_account_data(&definition.presence), definition.presence.limit),
            limit: asked.min(most),
            include_leave: room.include_leave,
            unread_threads: room.timeline.unread_thread_notifications,
            lazy_members,
            redundant_members,
            fields: definition.event_fields.as_deref().map(Fields::new),
            federation_format: definition.event_format == EventFormat::Federation,
        }
    }

    /// Roughly how many bytes this takes.
    pub fn bytes(&self) -> usize {
        let ephemeral = [&self.ephemeral.events, &self.presence.events];
        let sections = [&self.account_data, &self.room_account_data, &self.timeline, &self.state].into_iter();
        let sections = sections.chain(ephemeral);
        let fields = self.fields.as_ref().map_or(0, Fields::bytes);
        size_of::<Self>() + sections.map(EventFilter::bytes).sum::<usize>() + self.rooms.bytes() + fields
    }
}

/// A filter with a limit of its own.
#[derive(Debug)]
pub(crate) struct Limited {
    pub events: EventFilter,
    /// How many events are wanted at most.
    pub limit: Option<usize>,
}

impl Limited {
    fn new(events: EventFilter, limit: Option<ruma::UInt>) -> Self {
        Self { events, limit: limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)) }
    }
}

/// Which rooms are wanted.
#[derive(Debug, Default)]
pub(crate) struct RoomSelection {
    only: Option<HashSet<String>>,
    except: HashSet<String>,
}

impl RoomSelection {
    pub fn new(only: Option<&[ruma::OwnedRoomId]>, except: &[ruma::OwnedRoomId]) -> Self {
        let texts = |ids: &[ruma::OwnedRoomId]| ids.iter().map(ToString::to_string).collect();
        Self { only: only.map(texts), except: texts(except) }
    }

    /// Whether this room is wanted.
    pub fn allows(&self, room_id: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(room_id)) && !self.except.contains(room_id)
    }

    fn bytes(&self) -> usize {
        texts_bytes(self.only.iter().flatten().chain(&self.except))
    }
}

/// Roughly how many bytes a collection of these texts takes: each has an allocation of its own, and its place.
fn texts_bytes<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(|text| 64 + text.len()).sum()
}

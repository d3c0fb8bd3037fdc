//! What the targets of `tests/fuzz` call, and nobody else.

use ruma::{api::client::filter::FilterDefinition, room_version_rules::RoomVersionRules};
use store::rooms::StoredEvent;

pub use crate::filter::matches as glob;
use crate::{Result, events::ClientEvent, filter::Filter, token::SyncToken};

/// A filter of `/sync`, made ready.
pub struct SyncFilter(Filter);

impl SyncFilter {
    /// Makes it ready; timelines are no longer than `most`.
    pub fn new(definition: &FilterDefinition, most: usize) -> Self {
        Self(Filter::new(definition, most))
    }

    /// How long timelines are.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// Roughly how many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// Whether an event of this room is wanted in the timeline.
    ///
    /// # Errors
    /// For an event that cannot be written for clients.
    pub fn allows(&self, room_id: &str, event: &StoredEvent, rules: &RoomVersionRules) -> Result<bool> {
        let timeline = &self.0.timeline;
        Ok(timeline.allows_room(room_id) && timeline.allows(&ClientEvent::new(event, rules)?))
    }

    /// The wanted fields of an event, where only some are wanted.
    pub fn fields(&self, event: &str) -> Option<String> {
        self.0.fields.as_ref().map(|fields| fields.of(event))
    }
}

/// Reads a token: its position, and the token as it is written.
pub fn token(text: &str) -> Option<(i64, String)> {
    let token: SyncToken = text.parse().ok()?;
    Some((token.position, token.to_string()))
}

//! Pages of a room's history, newest first.

use matrix_sdk::Room;
use matrix_sdk::room::MessagesOptions;
use matrix_sdk::ruma::UInt;

use super::message::Event;
use crate::error::Result;

/// The largest page that is asked for.
const MAX_PAGE: usize = 100;
/// The most pages of one room that are read at once.
const MAX_PAGES: usize = 2_000;

/// Pages from the newest event on.
pub struct Pages<'a> {
    room: &'a Room,
    from: Option<String>,
    read: usize,
    ended: bool,
}

/// Some events, newest first.
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
}

impl<'a> Pages<'a> {
    /// From the newest event on.
    #[must_use]
    pub fn backward(room: &'a Room) -> Self {
        Self { room, from: None, read: 0, ended: false }
    }

    /// The next page. Nothing at the beginning of the room.
    ///
    /// * `wanted`: about how many events are of use.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn next(&mut self, wanted: usize) -> Result<Option<Page>> {
        if self.ended || self.read >= MAX_PAGES {
            return Ok(None);
        }
        let mut options = MessagesOptions::backward().from(self.from.as_deref());
        // Membership and reactions stand between thoughts.
        options.limit = UInt::from(u32::try_from((wanted * 2).clamp(20, MAX_PAGE)).unwrap_or(20));
        let answer = self.room.messages(options).await?;
        self.read += 1;
        self.ended = answer.end.is_none() || (answer.chunk.is_empty() && answer.end == self.from);
        self.from = answer.end;
        Ok(Some(Page { events: answer.chunk.iter().filter_map(Event::of).collect() }))
    }
}

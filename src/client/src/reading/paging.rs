//! Pages of a room's history, newest first.

use matrix_sdk::Room;
use matrix_sdk::room::MessagesOptions;
use matrix_sdk::ruma::UInt;

use super::message::{Event, Standard};
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
    /// Whether the backup was asked for keys.
    restored: bool,
    standard: Option<Standard>,
}

/// Some events, newest first.
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
    /// Those of which the key is not here, as they came: one for each key.
    pub keyless: Vec<(String, String)>,
}

impl<'a> Pages<'a> {
    /// From the newest event on.
    #[must_use]
    pub fn backward(room: &'a Room) -> Self {
        Self { room, from: None, read: 0, ended: false, restored: false, standard: None }
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
        let limit = UInt::from(u32::try_from((wanted * 2).clamp(20, MAX_PAGE)).unwrap_or(20));
        options.limit = limit;
        let mut answer = self.room.messages(options).await?;
        if !self.restored && answer.chunk.iter().any(|event| event.kind.is_utd()) {
            // Another device of this account may have the keys; those are in the backup.
            self.restored = true;
            if self.restore_keys().await {
                let mut again = MessagesOptions::backward().from(self.from.as_deref());
                again.limit = limit;
                answer = self.room.messages(again).await?;
            }
        }
        self.read += 1;
        self.ended = answer.end.is_none() || (answer.chunk.is_empty() && answer.end == self.from);
        self.from = answer.end;
        let standard = match self.standard.take() {
            Some(standard) => standard,
            None => Standard::of(self.room).await?,
        };
        let events = answer.chunk.iter().filter_map(|event| Event::of(event, &standard)).collect();
        self.standard = Some(standard);
        let keyless = answer.chunk.iter().filter(|event| event.kind.is_utd());
        let keyless = keyless.filter_map(|event| keyless_of(event.raw().json().get())).collect();
        Ok(Some(Page { events, keyless }))
    }

    /// Brings the room's keys from the backup. Whether there is one to ask.
    async fn restore_keys(&self) -> bool {
        let backups = self.room.client().encryption().backups();
        backups.are_enabled().await && backups.download_room_keys_for_room(self.room.room_id()).await.is_ok()
    }
}

/// The name of the key that an event was encrypted with, and the event.
fn keyless_of(json: &str) -> Option<(String, String)> {
    let event: serde_json::Value = serde_json::from_str(json).ok()?;
    let key = event.pointer("/content/session_id")?.as_str()?;
    Some((key.to_owned(), json.to_owned()))
}

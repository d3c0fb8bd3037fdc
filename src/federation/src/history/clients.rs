//! Reading rooms for users, with the help of others where something is not here: `/messages`, `/context`, `/event`,
//! `/timestamp_to_event`. What is here is enough where it can be. Else others are asked, but nobody waits long for them:
//! what comes later is there the next time.

use rooms::{
    Error, Reader,
    read::{Context, Page, PageRequest},
};
use ruma::{EventId, OwnedEventId, RoomId, api::client::filter::RoomEventFilter};
use serde_json::value::RawValue;

use crate::Federation;

/// How many pages of others one request waits for, if they hold nothing that the client may see.
const PAGES: usize = 3;

impl Federation {
    /// See [`rooms::Rooms::messages`]. Where a page backward goes across gaps, they are filled first. One that nobody can
    /// fill keeps none of the others open.
    ///
    /// # Errors
    /// As there.
    pub async fn messages(&self, reader: &Reader, room_id: &RoomId, request: PageRequest) -> Result<Page, Error> {
        let history = &self.inner.history;
        let mut page = self.inner.rooms.messages(reader, room_id, request.clone()).await?;
        for _ in 0..PAGES {
            let Some(at) = page.gaps.iter().position(|gap| !history.rests(room_id, gap)) else { break };
            if history.fill(room_id, page.gaps.swap_remove(at)).await {
                page = self.inner.rooms.messages(reader, room_id, request.clone()).await?;
            }
        }
        Ok(page)
    }

    /// See [`rooms::Rooms::event`].
    ///
    /// # Errors
    /// As there.
    pub async fn event(&self, reader: &Reader, room_id: &RoomId, event_id: &EventId) -> Result<Box<RawValue>, Error> {
        match self.inner.rooms.event(reader, room_id, event_id).await {
            Err(Error::NotFound(_)) if self.inner.history.bring(reader, room_id, event_id).await => {}
            outcome => return outcome,
        }
        self.inner.rooms.event(reader, room_id, event_id).await
    }

    /// See [`rooms::Rooms::context`].
    ///
    /// # Errors
    /// As there.
    pub async fn context(
        &self,
        reader: &Reader,
        room_id: &RoomId,
        event_id: &EventId,
        limit: usize,
        filter: RoomEventFilter,
    ) -> Result<Context, Error> {
        match self.inner.rooms.context(reader, room_id, event_id, limit, filter.clone()).await {
            Err(Error::NotFound(_)) if self.inner.history.bring(reader, room_id, event_id).await => {}
            outcome => return outcome,
        }
        self.inner.rooms.context(reader, room_id, event_id, limit, filter).await
    }

    /// See [`rooms::Rooms::timestamp_to_event`]. In a room with gaps another server may know a closer event.
    ///
    /// # Errors
    /// As there.
    pub async fn timestamp_to_event(
        &self,
        reader: &Reader,
        room_id: &RoomId,
        ts: i64,
        backward: bool,
    ) -> Result<(OwnedEventId, i64), Error> {
        let known = self.inner.rooms.timestamp_to_event(reader, room_id, ts, backward).await;
        let distance = match &known {
            Ok((_, at)) => at.abs_diff(ts),
            Err(Error::NotFound(_)) => u64::MAX,
            Err(_) => return known,
        };
        if self.inner.history.bring_next_to(reader, room_id, (ts, backward), distance).await {
            return self.inner.rooms.timestamp_to_event(reader, room_id, ts, backward).await;
        }
        known
    }
}

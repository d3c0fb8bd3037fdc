//! Single events by their ids.

use std::collections::{HashMap, HashSet};

use events::VerifiedPdu;
use futures_util::{StreamExt, stream};
use ruma::{EventId, OwnedEventId};

use crate::{
    Error, Result,
    history::{Asked, History},
};

/// How many requests to one server run at the same time.
const AT_ONCE: usize = 6;

impl History {
    /// Those of the events that the room does not have, not even as outliers.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn unknown<'a>(
        &self,
        asked: Asked<'_>,
        ids: impl IntoIterator<Item = &'a OwnedEventId>,
    ) -> Result<Vec<OwnedEventId>> {
        let mut ids: Vec<OwnedEventId> = ids.into_iter().cloned().collect();
        ids.sort_unstable();
        ids.dedup();
        let known = self.rooms().known(asked.room_id, &ids).await?;
        ids.retain(|id| !known.contains_key(id));
        Ok(ids)
    }

    /// Asks for each of these events. What cannot be had is missing from the answer.
    pub(super) async fn fetch(&self, asked: Asked<'_>, ids: Vec<OwnedEventId>) -> Vec<VerifiedPdu> {
        self.fetch_each(asked, ids).await.0
    }

    /// The same, and an error if the other server may have an event all the same that is missing from the answer.
    pub(super) async fn fetch_each(
        &self,
        asked: Asked<'_>,
        ids: Vec<OwnedEventId>,
    ) -> (Vec<VerifiedPdu>, Option<Error>) {
        let wanted: HashSet<OwnedEventId> = ids.iter().cloned().collect();
        let asking = stream::iter(ids).map(|id| async move {
            let answer = self.peers().event(asked.server, id.clone()).await;
            answer.inspect_err(|error| {
                tracing::info!(server = %asked.server, room_id = %asked.room_id, event_id = %id, %error, "an event could not be had");
            })
        });
        let (mut events, mut failure) = (Vec::new(), None);
        for answer in asking.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
            match answer {
                Ok(event) => events.push(event),
                Err(error) if error.says_nothing() => failure = Some(error),
                Err(_) => {}
            }
        }
        (only(self.checked(asked, events).await, |id| wanted.contains(id)), failure)
    }
}

/// The events that were asked for, each once.
pub(super) fn only(events: Vec<VerifiedPdu>, wanted: impl Fn(&EventId) -> bool) -> Vec<VerifiedPdu> {
    let mut found: HashMap<OwnedEventId, VerifiedPdu> = HashMap::new();
    for event in events.into_iter().filter(|event| wanted(event.event_id())) {
        found.entry(event.event_id().to_owned()).or_insert(event);
    }
    found.into_values().collect()
}

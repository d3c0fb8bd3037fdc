//! What events were allowed by.

use std::collections::{HashMap, HashSet};

use events::VerifiedPdu;
use rooms::Received;
use ruma::OwnedEventId;

use crate::{
    Result,
    history::{Asked, History},
};

/// How often is asked for what allowed that which was got before.
const ROUNDS: usize = 20;

/// How many events are asked for one by one.
const SINGLE: usize = 200;

impl History {
    /// Fetches what an event was allowed by. Whether all of it is here now shows when the event is received.
    ///
    /// # Errors
    /// As for [`History::store_outliers`].
    pub(super) async fn fetch_auth_events(&self, asked: Asked<'_>, pdu: &VerifiedPdu) -> Result<()> {
        let place = self.large.place();
        let answer = self.peers().event_auth(asked.server, asked.room_id, pdu.event_id().to_owned(), &place).await;
        let chain = match answer {
            Ok(events) => self.checked(asked, events).await,
            Err(error) => {
                let (server, room_id, event_id) = (asked.server, asked.room_id, pdu.event_id());
                tracing::info!(%server, %room_id, %event_id, %error, "the auth chain could not be had");
                Vec::new()
            }
        };
        self.add_outliers(asked, leading_to(pdu, chain)).await?;
        drop(place);
        // Some servers leave things out.
        let missing = self.unknown(asked, pdu.auth_events()).await?;
        let rest = self.fetch(asked, missing).await;
        self.add_outliers(asked, rest).await
    }

    /// Adds outliers, and what they in turn were allowed by, as long as that can be had.
    ///
    /// # Errors
    /// As for [`History::store_outliers`].
    pub(super) async fn add_outliers(&self, asked: Asked<'_>, events: Vec<VerifiedPdu>) -> Result<()> {
        let ids: Vec<OwnedEventId> = events.iter().map(|event| event.event_id().to_owned()).collect();
        let unknown: HashSet<OwnedEventId> = self.unknown(asked, &ids).await?.into_iter().collect();
        let mut waiting = events;
        waiting.retain(|event| unknown.contains(event.event_id()));
        let mut left = SINGLE;
        for _ in 0..ROUNDS {
            if waiting.is_empty() {
                return Ok(());
            }
            let received = self.store_outliers(asked, &waiting).await?;
            let missing: Vec<OwnedEventId> = received.iter().flat_map(missing_of).cloned().collect();
            waiting =
                waiting.into_iter().zip(&received).filter(|(_, one)| is_missing(one)).map(|(event, _)| event).collect();
            let mut missing = self.unknown(asked, &missing).await?;
            missing.retain(|id| waiting.iter().all(|event| event.event_id() != id));
            missing.truncate(left);
            left -= missing.len();
            let found = self.fetch(asked, missing).await;
            if found.is_empty() {
                return Ok(());
            }
            waiting.extend(found);
        }
        Ok(())
    }
}

/// Those of the events by which `pdu` was allowed, and by which those were, and so on. Others were not asked for.
fn leading_to(pdu: &VerifiedPdu, events: Vec<VerifiedPdu>) -> Vec<VerifiedPdu> {
    let mut left: HashMap<OwnedEventId, VerifiedPdu> =
        events.into_iter().map(|event| (event.event_id().to_owned(), event)).collect();
    let (mut next, mut reached) = (pdu.auth_events().to_vec(), Vec::new());
    while let Some(id) = next.pop() {
        if let Some(event) = left.remove(&id) {
            next.extend(event.auth_events().iter().cloned());
            reached.push(event);
        }
    }
    reached
}

fn is_missing(received: &Received) -> bool {
    matches!(received, Received::Missing(_))
}

fn missing_of(received: &Received) -> impl Iterator<Item = &OwnedEventId> {
    match received {
        Received::Missing(missing) => missing.auth_events.iter(),
        _ => [].iter(),
    }
}

//! The events between what is here and one that came (server-server §backfilling-and-retrieving-missing-events).

use std::collections::{HashMap, HashSet};

use events::{Pdu, VerifiedPdu, order};
use ruma::OwnedEventId;
use store::rooms::EventFlags;

use crate::{
    Error, Result,
    history::{Asked, History},
};

/// How often is asked for what lies before that which was got before.
const ROUNDS: usize = 12;

/// How many events are asked for at once; others give fewer if they like.
const PAGE: u32 = 50;

/// How many events are taken in all: of what lies further back the state is enough.
const MOST: usize = 400;

/// How many previous events are followed from one page to the next.
const WIDTH: usize = 20;

impl History {
    /// The events before `pdu` that are not here, as far as the other server has them: each after those it builds on.
    ///
    /// # Errors
    /// What our own rooms say, and where the other server cannot be reached.
    pub(super) async fn gap(&self, asked: Asked<'_>, pdu: &VerifiedPdu) -> Result<Vec<VerifiedPdu>> {
        let earliest = self.rooms().forward_extremities(asked.room_id).await?;
        let mut found: HashMap<OwnedEventId, VerifiedPdu> = HashMap::new();
        let mut latest = vec![pdu.event_id().to_owned()];
        for round in 0..ROUNDS {
            let answer = self.peers().missing_events(asked.server, asked.room_id, earliest.clone(), latest, PAGE).await;
            let events = match answer {
                Ok(events) => events,
                Err(Error::Remote { .. }) => break,
                Err(error) if round == 0 => return Err(error),
                Err(_) => break,
            };
            let before = found.len();
            for event in self.checked(asked, events.into_iter().take(MOST).collect()).await {
                found.entry(event.event_id().to_owned()).or_insert(event);
            }
            found = connected(pdu, found);
            latest = self.open_ends(asked, pdu, &found).await?;
            latest.truncate(WIDTH);
            if latest.is_empty() || found.len() <= before || found.len() >= MOST {
                break;
            }
        }
        Ok(in_order(found))
    }

    /// Those of the events, and of `pdu`, whose previous events are neither among them nor here.
    async fn open_ends(
        &self,
        asked: Asked<'_>,
        pdu: &VerifiedPdu,
        found: &HashMap<OwnedEventId, VerifiedPdu>,
    ) -> Result<Vec<OwnedEventId>> {
        let all = || found.values().chain([pdu]);
        let mut named: Vec<OwnedEventId> = all().flat_map(|event| event.prev_events().iter().cloned()).collect();
        named.retain(|id| !found.contains_key(id));
        let known = self.rooms().known(asked.room_id, &named).await?;
        let placed = |id: &OwnedEventId| known.get(id).is_some_and(|flags| !flags.has(EventFlags::OUTLIER));
        let open = |event: &&VerifiedPdu| event.prev_events().iter().any(|id| !found.contains_key(id) && !placed(id));
        Ok(all().filter(open).map(|event| event.event_id().to_owned()).collect())
    }
}

/// Those of the events that `pdu` builds on, over previous events. Others were not asked for.
fn connected(pdu: &VerifiedPdu, mut found: HashMap<OwnedEventId, VerifiedPdu>) -> HashMap<OwnedEventId, VerifiedPdu> {
    let mut reached: HashSet<OwnedEventId> = HashSet::new();
    let mut next: Vec<OwnedEventId> = pdu.prev_events().to_vec();
    while let Some(id) = next.pop() {
        if let Some(event) = found.get(&id)
            && reached.insert(id)
        {
            next.extend(event.prev_events().iter().cloned());
        }
    }
    found.retain(|id, _| reached.contains(id));
    found
}

/// Each after those it builds on.
pub(super) fn in_order(mut events: HashMap<OwnedEventId, VerifiedPdu>) -> Vec<VerifiedPdu> {
    let pdus: Vec<Pdu> = events.values().map(|event| event.pdu().clone()).collect();
    let sorted = order::topological(&pdus, order::Edges::Prev);
    sorted.iter().filter_map(|pdu| events.remove(pdu.event_id())).collect()
}

//! The events between what is here and one that came (server-server §backfilling-and-retrieving-missing-events).

use std::collections::{HashMap, HashSet, VecDeque};

use events::{Pdu, VerifiedPdu, order};
use peerbrain_core::limits::PREV_EVENTS_RECEIVED;
use ruma::{EventId, OwnedEventId};
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

/// How many previous events all of these may name: as many as they may in events that are sent. Old ones may name more each,
/// and all are looked up.
const NAMED: usize = MOST * PREV_EVENTS_RECEIVED;

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
    let reached = reached(pdu.prev_events(), |id| found.get(id).map(|event| event.prev_events()));
    found.retain(|id, _| reached.contains(id));
    found
}

/// The ids to which previous events lead from these, the nearest first and as far as they do not name too many.
///
/// * `named_by`: the previous events of an event that was found.
fn reached<'a>(
    from: &[OwnedEventId],
    named_by: impl Fn(&EventId) -> Option<&'a [OwnedEventId]>,
) -> HashSet<OwnedEventId> {
    let mut reached = HashSet::new();
    let (mut next, mut left): (VecDeque<OwnedEventId>, usize) = (from.iter().cloned().collect(), NAMED);
    while let Some(id) = next.pop_front() {
        let Some(named) = named_by(&id).filter(|named| named.len() <= left && !reached.contains(&id)) else { continue };
        left -= named.len();
        next.extend(named.iter().cloned());
        reached.insert(id);
    }
    reached
}

/// Each after those it builds on.
pub(super) fn in_order(mut events: HashMap<OwnedEventId, VerifiedPdu>) -> Vec<VerifiedPdu> {
    let pdus: Vec<Pdu> = events.values().map(|event| event.pdu().clone()).collect();
    let sorted = order::topological(&pdus, order::Edges::Prev);
    sorted.iter().filter_map(|pdu| events.remove(pdu.event_id())).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn id(number: usize) -> OwnedEventId {
        EventId::parse(format!("${number:A>43}")).unwrap()
    }

    #[test]
    fn events_are_followed_as_far_as_they_do_not_name_too_many() {
        // A line of events of which each names a thousand that nobody has, itself and the next.
        let others: Vec<OwnedEventId> = (1_000..2_000).map(id).collect();
        let named = |number| [&others[..], &[id(number), id(number + 1)]].concat();
        let line: HashMap<OwnedEventId, Vec<OwnedEventId>> =
            (0..20).map(|number| (id(number), named(number))).collect();
        let reached = reached(&[id(0)], |id| line.get(id).map(Vec::as_slice));
        assert_eq!(reached, (0..NAMED / 1_002).map(id).collect::<HashSet<_>>());
    }
}

//! History that arrives late: events from before what the room has here (server-server §backfilling-and-retrieving-missing-events).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use events::{Pdu, VerifiedPdu, order};
use ruma::{EventId, OwnedEventId, RoomId};

use crate::{
    Error, Result, Rooms,
    lane::{Building, Work},
    receive::take_in::Way,
};

/// How many events can be added at once.
const MOST: usize = 1_000;

/// Older events, and the states that are told with them.
pub(crate) struct History {
    pdus: Vec<Pdu>,
    states: HashMap<OwnedEventId, Vec<OwnedEventId>>,
}

/// What has become of them.
pub(crate) struct Added {
    /// How many have got their place.
    placed: usize,
    /// Whether some can be placed only now that these are stored.
    more: bool,
}

impl Rooms {
    /// Gives older events their place: they are read like all history, but are news to nobody, and where the room stands
    /// now remains as it is. Those that were known as outliers are judged anew. An event that the room has already is passed
    /// over, and so is one of which neither all previous events are here (or among these) nor the state is told.
    ///
    /// * `pdus`: in any order, at most a thousand. Their auth events must be here, as outliers at least.
    /// * `states`: of events whose previous events are not all here, the state before them as another server tells it:
    ///   the ids of its events, which must be here.
    ///
    /// Gives how many events have got their place.
    ///
    /// # Errors
    /// As for [`Rooms::receive`]; [`Error::TooLarge`] for too many at once.
    pub async fn add_history(
        &self,
        room_id: &RoomId,
        pdus: Vec<VerifiedPdu>,
        states: HashMap<OwnedEventId, Vec<OwnedEventId>>,
    ) -> Result<usize> {
        if pdus.len() > MOST {
            return Err(Error::TooLarge("too many events at once".into()));
        }
        let room = self.room_of(room_id, &pdus).await?;
        let history = Arc::new(History { pdus: pdus.iter().map(|pdu| pdu.pdu().clone()).collect(), states });
        let mut placed = 0;
        // Each round but the last has placed something.
        for _ in 0..=pdus.len() {
            let added = self.enqueue(room, None, |reply| Work::History(history.clone(), reply)).await?;
            placed += added.placed;
            if !added.more {
                break;
            }
        }
        Ok(placed)
    }
}

impl Building<'_> {
    /// Places older events, as far as one chain can. Changes nothing if it fails.
    pub(crate) fn history(&mut self, history: &History) -> Result<Added> {
        let before = self.mark();
        self.append.backfilled = true;
        let added = self.add_history(history);
        if added.is_err() {
            self.undo(before);
        }
        self.append.backfilled = !self.append.events.is_empty();
        added
    }

    fn add_history(&mut self, history: &History) -> Result<Added> {
        let named: HashSet<&EventId> = history.pdus.iter().flat_map(Pdu::prev_events).map(|id| &**id).collect();
        let mut more = false;
        for pdu in order::topological(&history.pdus, order::Edges::Prev) {
            let id = pdu.event_id();
            let told = history.states.get(id).map(Vec::as_slice);
            match self.take_in(&pdu, Way::Past { named: named.contains(id) }, told) {
                // What comes after it must wait, too.
                Ok(None) => {
                    more = true;
                    break;
                }
                Ok(Some(_)) => {}
                Err(error) if error.may_pass() && !matches!(error, Error::Costly(_)) => return Err(error),
                Err(error) => {
                    tracing::warn!(room_id = %pdu.room_id(), event_id = %id, %error, "history that cannot be placed");
                }
            }
        }
        Ok(Added { placed: self.append.events.len(), more })
    }
}

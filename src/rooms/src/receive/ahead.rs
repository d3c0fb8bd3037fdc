//! The events of a large room are stored before it is entered, some at a time. All of them at once would keep the writer
//! busy for many seconds, and with it everybody who sends something anywhere; the entry itself then only has to say who is
//! in the room.

use std::{collections::HashMap, sync::Arc};

use events::{Pdu, VerifiedPdu, order};
use ruma::OwnedEventId;

use crate::{
    Error, Result, Rooms,
    lane::{NewRoom, Work},
    receive::Adoption,
};

/// Events that are stored at a time; a room of no more is entered at once.
const STEP: usize = 5_000;

impl Rooms {
    /// Stores the events of a room that is about to be entered as outliers, if they are many. They stay where the entry fails:
    /// nobody sees them, and the next attempt finds them here, until [`Rooms::purge_forgotten`] comes by.
    ///
    /// # Errors
    /// As for [`Rooms::add_outliers`].
    pub(super) async fn store_ahead(&self, room: i64, new: Option<&NewRoom>, adoption: &Arc<Adoption>) -> Result<()> {
        if adoption.state.len().saturating_add(adoption.auth_chain.len()) <= STEP {
            return Ok(());
        }
        let told = adoption.clone();
        let sorted = self.inner.runtime.spawn_blocking(move || in_order(&told)).await;
        let sorted = sorted.map_err(|error| Error::Internal(format!("events were not sorted: {error}")))?;
        for some in sorted.chunks(STEP) {
            let some = some.to_vec();
            self.enqueue(room, new.cloned(), |reply| Work::Outliers(some, reply)).await?;
        }
        Ok(())
    }
}

/// The events, each after those by which it was allowed. The join is none of them.
fn in_order(adoption: &Adoption) -> Vec<VerifiedPdu> {
    let told = adoption.auth_chain.iter().chain(&adoption.state);
    let mut events: HashMap<OwnedEventId, VerifiedPdu> = told
        .filter(|event| event.event_id() != adoption.join.event_id())
        .map(|event| (event.event_id().to_owned(), event.clone()))
        .collect();
    let pdus: Vec<Pdu> = events.values().map(|event| event.pdu().clone()).collect();
    let sorted = order::topological(&pdus, order::Edges::Auth);
    sorted.iter().filter_map(|pdu| events.remove(pdu.event_id())).collect()
}

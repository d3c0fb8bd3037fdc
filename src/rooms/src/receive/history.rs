//! History that arrives late: events from before what the room has here (server-server §backfilling-and-retrieving-missing-events).

use std::collections::HashMap;

use events::VerifiedPdu;
use ruma::{OwnedEventId, RoomId};

use crate::{Error, Result, Rooms};

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
        self.room_of(room_id, &pdus).await?;
        Err(Error::Internal(format!("{} events and {} states cannot be added yet", pdus.len(), states.len())))
    }
}

//! The state before an event whose past is not here: as another server tells it.

use std::collections::HashSet;

use events::VerifiedPdu;
use ruma::OwnedEventId;

use crate::{
    Error, Result,
    history::{Asked, History, Told, fetch::only},
};

/// How many events a state may have, and how many there may be of those that allowed them.
const MOST: usize = 200_000;

/// Up to so many events are asked for one by one; beyond it the whole state is.
const SINGLE: usize = 100;

/// Why a state is not taken that is not whole.
const IN_PART: &str = "a part of the state cannot be had";

/// Whether a state was not taken because it is not whole.
pub(super) fn is_in_part(error: &Error) -> bool {
    matches!(error, Error::BadAnswer { reason, .. } if reason == IN_PART)
}

impl History {
    /// The events of the state before an event; they are here afterwards, as outliers at least, and so is what allowed
    /// them. Where it need not be whole what cannot be verified is left out, as long as it is little, and nothing that the
    /// rules of the room are made of: events of a server that is gone, whose key nobody has, would else end the room here.
    /// Nobody gains by it. Who tells a state could have left out as much without saying so; what is known here counts beside
    /// it either way.
    ///
    /// # Errors
    /// What the other server says, [`Error::BadAnswer`] for what cannot be a state, and what our own rooms say.
    pub(super) async fn state_before(&self, asked: Asked<'_>, pdu: &VerifiedPdu) -> Result<Vec<OwnedEventId>> {
        let event_id = pdu.event_id().to_owned();
        let bad = |reason: &str| Error::BadAnswer { server: asked.server.to_owned(), reason: reason.to_owned() };
        let ids = self.peers().state_ids(asked.server, asked.room_id, event_id.clone()).await?;
        if ids.state.len() > MOST || ids.auth_chain.len() > MOST {
            return Err(bad("a state of more events than a room can have"));
        }
        let wanted: HashSet<&OwnedEventId> = ids.state.iter().chain(&ids.auth_chain).collect();
        if wanted.contains(&event_id) {
            return Err(bad("a state before an event that has the event in it"));
        }
        let mut missing = self.unknown(asked, wanted.iter().copied()).await?;
        if missing.len() > SINGLE {
            let place = self.large.place();
            let events = self.peers().state(asked.server, asked.room_id, event_id, &place).await?;
            let events = self.checked(asked, events).await;
            self.add_outliers(asked, only(events, |id| wanted.contains(&id.to_owned()))).await?;
            missing = self.unknown(asked, missing.iter()).await?;
            missing.truncate(SINGLE);
        }
        let (events, failure) = self.fetch_each(asked, missing).await;
        self.add_outliers(asked, events).await?;
        // A state with holes would stay one for ever.
        if let Some(failure) = failure {
            return Err(failure);
        }

        let absent: HashSet<OwnedEventId> = self.unknown(asked, &ids.state).await?.into_iter().collect();
        let (mut state, chain) = (ids.state, ids.auth_chain);
        if absent.is_empty() {
            return Ok(state);
        }
        let whole = state.len();
        state.retain(|id| !absent.contains(id));
        if absent.len() * 10 > whole || self.rooms().lacks_foundations(asked.room_id, &state, &chain).await? {
            return Err(bad("too much of the state cannot be had"));
        }
        if asked.told == Told::Whole {
            return Err(bad(IN_PART));
        }
        let (room_id, event_id, absent) = (asked.room_id, pdu.event_id(), absent.len());
        tracing::warn!(%room_id, %event_id, absent, "a state is taken without events that nobody can verify");
        Ok(state)
    }
}

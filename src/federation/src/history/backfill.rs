//! History from before what a room has here (server-server §backfilling-and-retrieving-missing-events).

use std::collections::{HashMap, HashSet};

use events::VerifiedPdu;
use rooms::Gap;
use ruma::{EventId, OwnedEventId, OwnedUserId, RoomId, ServerName, room_version_rules::RoomVersionRules};
use store::rooms::{EventFlags, event_by_id};

use crate::{
    Result,
    history::{Asked, History, Told},
};

/// How many events are asked for at once.
const PAGE: u32 = 100;

/// Of how many events the state before them is asked: where branches begin. The others must build on them.
const STATES: usize = 5;

impl History {
    /// Fetches history before a gap; gives how many events have come.
    ///
    /// # Errors
    /// What our own rooms say.
    pub(super) async fn backfill(
        &self,
        room_id: &RoomId,
        rules: &'static RoomVersionRules,
        gap: &Gap,
    ) -> Result<usize> {
        let sender = self.sender(room_id, &gap.event_id).await?;
        let first: Vec<&ServerName> = sender.iter().map(|sender| sender.server_name()).collect();
        for server in self.servers(room_id, &first).await? {
            let asked = Asked { room_id, rules, server: &server, told: Told::InPart };
            let answer = self.peers().backfill(&server, room_id, gap.missing.clone(), PAGE).await;
            let events = match answer {
                Ok(events) => self.checked(asked, events.into_iter().take(PAGE as usize).collect()).await,
                Err(error) => {
                    tracing::info!(%server, %room_id, %error, "no history could be had");
                    continue;
                }
            };
            let added = self.add(asked, connected(&gap.missing, events)).await?;
            if added > 0 {
                return Ok(added);
            }
        }
        tracing::info!(%room_id, event_id = %gap.event_id, missing = ?gap.missing, "nobody tells what is missing");
        Ok(0)
    }

    /// Who sent an event that is here.
    async fn sender(&self, room_id: &RoomId, event_id: &EventId) -> Result<Option<OwnedUserId>> {
        let Some(room) = self.rooms().nid(room_id).await? else { return Ok(None) };
        let event_id = event_id.to_string();
        let stored = self.rooms().store().read(move |conn| event_by_id(conn, room, &event_id)).await?;
        Ok(stored.and_then(|stored| OwnedUserId::try_from(stored.sender.as_str()).ok()))
    }

    /// Gives events their place in the past, with what they need for it; gives how many got it.
    ///
    /// # Errors
    /// What our own rooms say.
    pub(super) async fn add(&self, asked: Asked<'_>, events: Vec<VerifiedPdu>) -> Result<usize> {
        if events.is_empty() {
            return Ok(0);
        }
        let mut states: HashMap<OwnedEventId, Vec<OwnedEventId>> = HashMap::new();
        for event in self.beginnings(asked, &events).await?.into_iter().take(STATES) {
            match self.state_before(asked, event).await {
                Ok(state) => {
                    states.insert(event.event_id().to_owned(), state);
                }
                Err(error) if error.is_ours() => return Err(error),
                Err(error) => {
                    let (server, room_id, event_id) = (asked.server, asked.room_id, event.event_id());
                    tracing::info!(%server, %room_id, %event_id, %error, "a state could not be had");
                }
            }
        }
        let among: HashSet<&EventId> = events.iter().map(|event| event.event_id()).collect();
        let named = events.iter().flat_map(|event| event.auth_events()).filter(|id| !among.contains(&***id));
        let missing = self.unknown(asked, named).await?;
        let auth_events = self.fetch(asked, missing).await;
        match self.add_outliers(asked, auth_events).await {
            Err(error) if error.is_ours() => return Err(error),
            // What was not allowed without them is left out.
            Err(error) => tracing::info!(server = %asked.server, room_id = %asked.room_id, %error, "no more is taken"),
            Ok(()) => {}
        }
        Ok(self.rooms().add_history(asked.room_id, events, states).await?)
    }

    /// Those of the events that have no place here yet, and whose previous events are neither among them nor here.
    async fn beginnings<'e>(&self, asked: Asked<'_>, events: &'e [VerifiedPdu]) -> Result<Vec<&'e VerifiedPdu>> {
        let among: HashSet<&EventId> = events.iter().map(|event| event.event_id()).collect();
        let named = events.iter().flat_map(|event| event.prev_events().iter().map(|id| &**id));
        let ids: Vec<OwnedEventId> = named.chain(among.iter().copied()).map(ToOwned::to_owned).collect();
        let known = self.rooms().known(asked.room_id, &ids).await?;
        let placed = |id: &EventId| known.get(id).is_some_and(|flags| !flags.has(EventFlags::OUTLIER));
        let open = |id: &OwnedEventId| !among.contains(&**id) && !placed(id);
        let begins = |event: &&VerifiedPdu| !placed(event.event_id()) && event.prev_events().iter().any(open);
        Ok(events.iter().filter(begins).collect())
    }
}

/// Those of the events that these name as their previous events, and so on; and these. Others were not asked for.
fn connected(from: &[OwnedEventId], events: Vec<VerifiedPdu>) -> Vec<VerifiedPdu> {
    let mut left: HashMap<OwnedEventId, VerifiedPdu> =
        events.into_iter().map(|event| (event.event_id().to_owned(), event)).collect();
    let (mut next, mut reached) = (from.to_vec(), Vec::new());
    while let Some(id) = next.pop() {
        if let Some(event) = left.remove(&id) {
            next.extend(event.prev_events().iter().cloned());
            reached.push(event);
        }
    }
    reached
}

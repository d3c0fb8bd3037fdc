//! Steps 4 to 6 of the checks on receipt, which the room's lane does; and what becomes of an event for which they cannot be
//! done yet.

use std::time::Duration;

use events::VerifiedPdu;
use futures_util::future::{join_all, try_join_all};
use rooms::Received;
use ruma::{EventId, OwnedEventId, RoomId, ServerName};
use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::{
    Result,
    incoming::{Incoming, check::Checked, door::Door},
};

/// How long a lane may take before the sender is answered all the same. Others wait a minute for us.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where an event is after it was given to the lane.
pub(super) enum Place {
    /// In the room: accepted, soft-failed or rejected. For its sender these are one.
    Here,
    /// Nowhere, and never will be.
    Refused(String),
    /// It cannot be judged yet.
    Waits,
}

impl Incoming {
    /// Takes the events of one transaction that are of one room in.
    pub(super) async fn receive_in(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        pdus: Vec<Box<RawValue>>,
    ) -> Result<Vec<(OwnedEventId, Result<(), String>)>> {
        let rules = match self.door(origin, room_id).await? {
            Door::Open(rules) => rules,
            Door::Closed(rules) => {
                tracing::info!(%origin, %room_id, "dropped events of a server that is kept out");
                let ids = pdus.iter().filter_map(|pdu| VerifiedPdu::id_of(pdu.get(), rules).ok());
                return Ok(ids.map(|id| (id, Err("the room is closed to your server".to_owned()))).collect());
            }
            Door::Elsewhere => return self.receive_elsewhere(origin, room_id, pdus).await,
        };
        // From here on the lane knows the room, and gets the events in their order.
        self.rooms().nid(room_id).await?;
        let is_inside = self.rooms().server_in_room(room_id, origin).await?;
        let checked = self.check(origin, room_id, rules, pdus).await;
        let places = checked.iter().map(|one| async move {
            match &one.outcome {
                Ok(pdu) => self.place(origin, room_id, pdu, is_inside).await,
                Err(reason) => Place::Refused(reason.clone()),
            }
        });
        let places = join_all(places).await;
        let answers = checked.into_iter().zip(places).map(|(one, place)| self.answer(origin, room_id, one, place));
        try_join_all(answers).await
    }

    /// Gives an event to the lane. A failure of ours is no reason to let go of it.
    ///
    /// * `is_inside`: whether it comes from a server that is in the room.
    pub(super) async fn place(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        pdu: &VerifiedPdu,
        is_inside: bool,
    ) -> Place {
        let event_id = pdu.event_id();
        let received = async {
            match is_inside {
                true => self.history().receive_of(origin, room_id, pdu.clone()).await,
                false => self.rooms().receive_from_outside(room_id, pdu.clone()).await,
            }
        };
        match timeout(PATIENCE, received).await {
            Ok(Err(rooms::Error::Forbidden(reason))) => Place::Refused(reason),
            Ok(Ok(Received::Accepted(_) | Received::SoftFailed(_) | Received::Rejected(_))) => Place::Here,
            Ok(Ok(Received::Missing(_))) => Place::Waits,
            Ok(Err(error)) => failed(room_id, event_id, &error),
            Err(_) => {
                tracing::info!(%room_id, %event_id, "an event takes long");
                Place::Waits
            }
        }
    }

    async fn answer(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        one: Checked,
        place: Place,
    ) -> Result<(OwnedEventId, Result<(), String>)> {
        let outcome = match (place, &one.outcome) {
            (Place::Here, _) => Ok(()),
            (Place::Waits, Ok(pdu)) => self.stage(origin, room_id, pdu).await?,
            (Place::Refused(reason), _) => Err(reason),
            (Place::Waits, Err(reason)) => Err(reason.clone()),
        };
        Ok((one.event_id, outcome))
    }
}

/// What an error of the lane means for the event.
pub(super) fn failed(room_id: &RoomId, event_id: &EventId, error: &rooms::Error) -> Place {
    tracing::warn!(%room_id, %event_id, %error, "an event could not be taken in");
    if error.may_pass() { Place::Waits } else { Place::Refused("the event cannot be taken in".to_owned()) }
}

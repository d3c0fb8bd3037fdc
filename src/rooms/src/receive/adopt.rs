//! A room entered through another server (server-server §joining-rooms): its state and what allows that are told by the
//! server that let us in.

use std::sync::Arc;

use events::{Pdu, VerifiedPdu};
use ruma::{OwnedEventId, OwnedRoomId, RoomId, RoomVersionId, events::TimelineEventType};
use serde::Deserialize;
use store::{moderation, rooms::joined_of_server};

use crate::{
    Error, Result, Rooms, Sent,
    lane::{Building, NewRoom, Placed, Work},
    receive::{Reception, Verdict, foundations::FOUNDATIONS, outliers, take_in::Way},
};

/// A room as another server tells it to who has just joined there: the answer to `send_join`, every event of it checked.
#[derive(Clone, Debug)]
pub struct Adoption {
    /// The room.
    pub room_id: OwnedRoomId,
    /// Its version.
    pub version: RoomVersionId,
    /// The state before the join.
    pub state: Vec<VerifiedPdu>,
    /// What the events of the state and the join were allowed by, as far as it is not of the state itself.
    pub auth_chain: Vec<VerifiedPdu>,
    /// The membership event of our user that the other server has accepted.
    pub join: VerifiedPdu,
}

impl Rooms {
    /// Takes in a room that one of our users has joined through another server: one that is new here, or that all of our
    /// users had left. Its history begins, for now, with the join; the events of the state are known without a place of
    /// their own. Where users of ours are in the room already, the join is one more event of it. The room is stored and
    /// durable when this returns, and the user's sync has it.
    ///
    /// Events of the state that are not allowed by their auth events, or whose auth events are not among what was told,
    /// are left out.
    ///
    /// # Errors
    /// Nothing is stored then, but for events of a large room that nobody sees: [`Error::InvalidParam`] for events of
    /// another room or a state that cannot be one, [`Error::Forbidden`] where the rules, or a block of the room on this
    /// server, refuse the join, [`Error::UnsupportedRoomVersion`], [`Error::TooLarge`], and what is our own fault.
    pub async fn adopt(&self, adoption: Adoption) -> Result<Sent> {
        if adoption.state.len().saturating_add(adoption.auth_chain.len()) > outliers::MOST {
            return Err(Error::TooLarge("too many events at once".into()));
        }
        let all = adoption.state.iter().chain(&adoption.auth_chain).chain([&adoption.join]);
        if all.into_iter().any(|pdu| pdu.room_id() != adoption.room_id) {
            return Err(Error::InvalidParam("the event is of another room".into()));
        }
        let room_id = adoption.room_id.clone();
        let new = NewRoom {
            room_id: Some(room_id.clone()),
            version: adoption.version.clone(),
            published: false,
            aliases: Vec::new(),
        };
        let _entering = Entering::of(self, &room_id);
        let known = self.nid(&room_id).await?;
        // Several may enter at once: they are one room all the same.
        let reserved = || self.inner.entered.get_or_insert_with(&room_id, || Ok::<_, Error>(self.store().next_nid()));
        let room = known.map_or_else(reserved, Ok)?;
        let new = known.is_none().then_some(new);
        let adoption = Arc::new(adoption);
        self.store_ahead(room, new.as_ref(), &adoption).await?;
        let sent = self.enqueue(room, new, |reply| Work::Adopt(adoption, reply)).await?;
        self.inner.entered.remove(&room_id);
        Ok(sent)
    }
}

/// Kept while a room is being entered.
struct Entering<'a> {
    rooms: &'a Rooms,
    room_id: OwnedRoomId,
}

impl<'a> Entering<'a> {
    fn of(rooms: &'a Rooms, room_id: &RoomId) -> Self {
        rooms.inner.entering.lock().push(room_id.to_owned());
        Self { rooms, room_id: room_id.to_owned() }
    }
}

impl Drop for Entering<'_> {
    fn drop(&mut self) {
        let mut entering = self.rooms.inner.entering.lock();
        if let Some(at) = entering.iter().position(|room_id| *room_id == self.room_id) {
            entering.swap_remove(at);
        }
    }
}

impl Building<'_> {
    /// Takes in a room, with the join by which it is entered. Changes nothing if it fails.
    pub(crate) fn adopt(&mut self, adoption: &Adoption) -> Result<Option<Placed>> {
        let before = self.mark();
        let entered = self.enter(adoption);
        if !matches!(entered, Ok(Some(_))) {
            self.undo(before);
        }
        entered
    }

    fn enter(&mut self, adoption: &Adoption) -> Result<Option<Placed>> {
        if moderation::is_blocked(self.nodes.conn(), adoption.room_id.as_str())? {
            return Err(Error::Forbidden("this room has been blocked on this server".into()));
        }
        let join = adoption.join.pdu();
        let told = adoption.auth_chain.iter().chain(&adoption.state).map(|event| event.pdu().clone());
        let told: Vec<Pdu> = told.filter(|pdu| pdu.event_id() != join.event_id()).collect();
        self.add_outliers(&told)?;
        let state = self.usable_state(adoption)?;
        let way = if self.is_ours()? { Way::Sent } else { Way::Entry };
        match self.take_in(join, way, Some(&state))? {
            None => Ok(None),
            Some(Reception::Placed(placed, Verdict::Accepted)) => Ok(Some(placed)),
            Some(Reception::Placed(_, Verdict::Rejected(reason) | Verdict::SoftFailed(reason))) => {
                Err(Error::Forbidden(format!("the join is not allowed: {reason}")))
            }
            Some(Reception::Missing(_)) => {
                Err(Error::InvalidParam("not all that the join names was told with it".into()))
            }
        }
    }

    /// The ids of the events of the state that could be checked. The first of them must be of the room's version.
    fn usable_state(&mut self, adoption: &Adoption) -> Result<Vec<OwnedEventId>> {
        let state: Vec<&Pdu> = adoption.state.iter().map(|event| event.pdu()).collect();
        let Some(create) = state.iter().find(|pdu| pdu.is_state(&TimelineEventType::RoomCreate, "")) else {
            return Err(Error::InvalidParam("the room's m.room.create is not told, or cannot be verified".into()));
        };
        let version = create.content_as::<Create>().map(|create| create.room_version);
        if !version.is_ok_and(|version| version == adoption.version.as_str()) {
            return Err(Error::InvalidParam("the room begins as one of another version".into()));
        }
        let known = self.known(state.iter().map(|pdu| pdu.event_id()))?;
        let ids = state.iter().map(|pdu| pdu.event_id().to_owned());
        let mut usable: Vec<OwnedEventId> = ids.filter(|id| known.contains_key(id)).collect();
        if usable.len() < state.len() {
            let left_out = state.len() - usable.len();
            tracing::warn!(room_id = %adoption.room_id, left_out, "parts of a state lack what they were allowed by");
        }
        for kind in FOUNDATIONS {
            let told = adoption.state.iter().chain(&adoption.auth_chain).any(|event| is_of(event.pdu(), kind));
            if told && !state.iter().any(|pdu| is_of(pdu, kind) && known.contains_key(pdu.event_id())) {
                return Err(Error::InvalidParam(format!("the state lacks the room's {kind}")));
            }
        }
        usable.sort_unstable();
        usable.dedup();
        Ok(usable)
    }

    /// Whether any user of ours is in the room already.
    fn is_ours(&mut self) -> Result<bool> {
        if self.head.room.joined == 0 {
            return Ok(false);
        }
        let ours = self.rooms.inner.server_name.as_str();
        Ok(!joined_of_server(self.nodes.conn(), self.head.room.nid, ours, 1)?.is_empty())
    }
}

/// Whether an event is of this type, under an empty state key.
fn is_of(pdu: &Pdu, event_type: &str) -> bool {
    pdu.state_key() == Some("") && pdu.event_type().to_string() == event_type
}

/// What is read of an `m.room.create`.
#[derive(Deserialize)]
struct Create {
    #[serde(default = "first_version")]
    room_version: String,
}

fn first_version() -> String {
    "1".to_owned()
}

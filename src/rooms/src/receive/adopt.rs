//! A room entered through another server (server-server §joining-rooms): its state and what allows that are told by the
//! server that let us in.

use events::VerifiedPdu;
use ruma::{OwnedRoomId, RoomVersionId};

use crate::{Error, Result, Rooms, Sent};

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
    /// Nothing is stored then: [`Error::InvalidParam`] for events of another room or a state that cannot be one,
    /// [`Error::Forbidden`] where the rules, or a block of the room on this server, refuse the join,
    /// [`Error::UnsupportedRoomVersion`], [`Error::TooLarge`], and what is our own fault.
    pub async fn adopt(&self, adoption: Adoption) -> Result<Sent> {
        Err(Error::Internal(format!("{} cannot be taken in yet", adoption.room_id)))
    }
}

//! What a lane is asked to put into its room.

use events::VerifiedPdu;
use ruma::{
    CanonicalJsonObject, MilliSecondsSinceUnixEpoch, OwnedDeviceId, OwnedEventId, OwnedRoomId, OwnedUserId,
    RoomVersionId, events::TimelineEventType,
};
use store::rooms::Membership;

/// An event that one of our users wants in the room.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Who sends it.
    pub sender: OwnedUserId,
    /// Its type.
    pub event_type: TimelineEventType,
    /// Its state key, if it is a state event.
    pub state_key: Option<String>,
    /// Its content, already checked.
    pub content: CanonicalJsonObject,
    /// Of a redaction: the event that it empties.
    pub redacts: Option<OwnedEventId>,
    /// The request that made it: the same request again gets the same event.
    pub origin: Option<Origin>,
    /// Its time, if it is not now.
    pub timestamp: Option<MilliSecondsSinceUnixEpoch>,
    /// Of a membership: what becomes of it where the user stands so when its turn comes. None sends it in any case.
    pub on_turn: Option<fn(Option<Membership>) -> Turn>,
    /// Of a membership of one of our users: whether it says the name and picture that the user has when its turn comes.
    pub with_profile: bool,
    /// The event that this came to when it was last built, with the signature of the room's policy server.
    pub signed: Option<VerifiedPdu>,
}

/// What becomes of a membership event once its turn has come. Asked before, the answer might be out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is sent, if the rules allow it.
    Send,
    /// The user stands as was wished: the event that says so is the answer.
    Keep,
    /// It is forbidden, for this reason.
    Refuse(&'static str),
}

/// The request of a device, for finding its repetition (client-server §transaction-identifiers).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The device.
    pub device_id: OwnedDeviceId,
    /// The transaction id it chose.
    pub txn_id: String,
}

/// A room to be made.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its id; none from version 12 on, where it follows from the first event.
    pub room_id: Option<OwnedRoomId>,
    /// Its version.
    pub version: RoomVersionId,
    /// Whether this server's directory lists it.
    pub published: bool,
    /// Aliases to point at it, with their creator.
    pub aliases: Vec<(String, String)>,
}

/// An event that is in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its id.
    pub event_id: OwnedEventId,
    /// The id of its room.
    pub room_id: OwnedRoomId,
    /// Its place in the one order.
    pub position: i64,
}

impl Proposal {
    /// A state event.
    pub fn state(
        sender: OwnedUserId,
        event_type: TimelineEventType,
        state_key: impl Into<String>,
        content: CanonicalJsonObject,
    ) -> Self {
        Self { state_key: Some(state_key.into()), ..Self::message(sender, event_type, content) }
    }

    /// A message event.
    pub fn message(sender: OwnedUserId, event_type: TimelineEventType, content: CanonicalJsonObject) -> Self {
        Self {
            sender,
            event_type,
            state_key: None,
            content,
            redacts: None,
            origin: None,
            timestamp: None,
            on_turn: None,
            with_profile: false,
            signed: None,
        }
    }
}

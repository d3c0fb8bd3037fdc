//! Membership events that users of other servers hand to us, so that we put them into a room: `send_join`,
//! `send_knock`, `send_leave`.

use events::{VerifiedPdu, countersign};
use ruma::{OwnedUserId, RoomId, UserId, events::TimelineEventType, room_version_rules::RoomVersionRules};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Error, Received, Result, Rooms, Sent, foreign::Handshake};

/// What is read of such an event before anything of it is believed.
#[derive(Deserialize)]
struct Claim {
    sender: OwnedUserId,
    content: Content,
}

#[derive(Deserialize)]
struct Content {
    join_authorised_via_users_server: Option<OwnedUserId>,
}

impl Rooms {
    /// The text of a join with our signature, where it says that one of our users lets the sender in, and one may.
    /// Otherwise it is given back as it is. It may not leave the server before the room has accepted it.
    ///
    /// # Errors
    /// [`Error::UnableToAuthoriseJoin`], [`Error::UnableToGrantJoin`], [`Error::Forbidden`] where we would not have
    /// said so; [`Error::InvalidParam`] for what is no event.
    pub async fn vouch(&self, room_id: &RoomId, join: &RawValue, rules: &RoomVersionRules) -> Result<Box<RawValue>> {
        let claim: Claim = serde_json::from_str(join.get()).map_err(|error| Error::InvalidParam(error.to_string()))?;
        let vouching = claim.content.join_authorised_via_users_server;
        if !vouching.is_some_and(|user| self.is_local(&user)) {
            return Ok(join.to_owned());
        }
        let room = self.resident_room(room_id).await?;
        // Whom the event names is for the auth rules to judge; that the sender is in one of the rooms, only for us.
        self.vouching_user(room.nid, &claim.sender).await?;
        let text = countersign(join.get(), rules, &self.inner.server_name, &self.inner.key)?;
        RawValue::from_string(text).map_err(|error| Error::Internal(format!("canonical JSON: {error}")))
    }

    /// Puts a membership event of a user of another server into the room, where it must be welcome; from there it goes to
    /// all other servers of the room.
    ///
    /// * `user`: whose it is; the caller has made sure that they are of the server that sends it.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for another event than this handshake ends with, and for one that builds on what is not
    /// here; [`Error::Forbidden`] where the room does not allow it.
    pub async fn accept(&self, handshake: Handshake, room_id: &RoomId, pdu: VerifiedPdu) -> Result<Sent> {
        check_member(&pdu, handshake.membership(), |sender, target| sender == target)?;
        match self.relay(room_id, pdu).await? {
            Received::Accepted(sent) => Ok(sent),
            Received::SoftFailed(_) | Received::Rejected(_) => {
                Err(Error::Forbidden(format!("the room does not allow this {}", handshake.membership())))
            }
            Received::Missing(_) => Err(Error::InvalidParam("the event builds on events that are not here".into())),
        }
    }
}

/// That an event is the membership event it is taken for.
pub(super) fn check_member(
    pdu: &VerifiedPdu,
    membership: &str,
    whose: impl FnOnce(&UserId, &UserId) -> bool,
) -> Result<()> {
    #[derive(Deserialize)]
    struct Standing {
        membership: String,
    }
    let target = pdu.state_key().and_then(|key| UserId::parse(key).ok());
    let says = pdu.content_as::<Standing>().is_ok_and(|content| content.membership == membership);
    if *pdu.event_type() != TimelineEventType::RoomMember || !says {
        return Err(Error::InvalidParam(format!("the event is no m.room.member with the membership {membership:?}")));
    }
    match target {
        Some(target) if whose(pdu.sender(), &target) => Ok(()),
        _ => Err(Error::InvalidParam("the event is not about the user it must be about".into())),
    }
}

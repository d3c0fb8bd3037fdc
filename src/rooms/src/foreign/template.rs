//! The template of a membership event, which a server that is not in the room makes its own event of: what `make_join`,
//! `make_knock` and `make_leave` answer.

use events::EventBuilder;
use ruma::{OwnedUserId, RoomId, RoomVersionId, UserId};
use serde_json::value::RawValue;
use store::rooms::{Membership, RoomRow};

use crate::{
    Error, Result, Rooms,
    lane::{Proposal, Turn},
    membership::MemberContent,
    rules_of,
};

/// What a user of another server wants of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// To be in it.
    Join,
    /// To be let in.
    Knock,
    /// To decline an invite, take a knock back, or leave.
    Leave,
}

impl Handshake {
    /// The membership that the event gives.
    pub fn membership(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Knock => "knock",
            Self::Leave => "leave",
        }
    }
}

/// A template for another server.
#[derive(Clone, Debug)]
pub struct Template {
    /// The version of the room.
    pub version: RoomVersionId,
    /// The event without hash and signature.
    pub event: Box<RawValue>,
}

impl Rooms {
    /// The template for a user of another server, on the room's head.
    ///
    /// * `versions`: the room versions that the other server speaks; they do not matter to who leaves.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a room that none of our users is in, [`Error::IncompatibleRoomVersion`],
    /// [`Error::UnableToAuthoriseJoin`], [`Error::UnableToGrantJoin`], and [`Error::Forbidden`] where the rules do not
    /// allow it.
    pub async fn template(
        &self,
        handshake: Handshake,
        room_id: &RoomId,
        user: &UserId,
        versions: &[RoomVersionId],
    ) -> Result<Template> {
        let room = self.resident_room(room_id).await?;
        let version = version_of(&room)?;
        if handshake != Handshake::Leave && !versions.contains(&version) {
            return Err(Error::IncompatibleRoomVersion(version));
        }
        let mut content = MemberContent::of(handshake.membership());
        if handshake == Handshake::Join {
            content.join_authorised_via_users_server = self.vouching_user(room.nid, user).await?;
        }
        let proposal = Proposal { on_turn: Some(unless_settled), ..content.proposal(user, user)? };
        let builder: EventBuilder = self.draft(room.nid, proposal).await?;
        let unsigned = builder.template(rules_of(&room)?)?;
        let event = RawValue::from_string(unsigned.json().to_owned())
            .map_err(|error| Error::Internal(format!("canonical JSON: {error}")))?;
        Ok(Template { version, event })
    }

    /// Who vouches for a join of a user who is neither invited nor in the room; none where the join rules need nobody.
    pub(super) async fn vouching_user(&self, room: i64, user: &UserId) -> Result<Option<OwnedUserId>> {
        match self.membership_of(room, user).await? {
            Some(Membership::Join | Membership::Invite) => Ok(None),
            _ => self.authorising_user(room, user).await,
        }
    }
}

/// The version of a stored room.
pub(super) fn version_of(room: &RoomRow) -> Result<RoomVersionId> {
    RoomVersionId::try_from(room.version.as_str())
        .map_err(|_| Error::Internal(format!("room of version {:?}", room.version)))
}

/// The auth rules decide; what they say of a ban is not for them alone to word.
fn unless_settled(membership: Option<Membership>) -> Turn {
    match membership {
        Some(Membership::Ban) => Turn::Refuse("the user is banned from this room"),
        _ => Turn::Send,
    }
}

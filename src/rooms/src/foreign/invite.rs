//! An invite of a user of another server. Their server signs it before it is put into the room (server-server
//! §inviting-to-a-room).

use events::{VerifiedPdu, version};
use ruma::{RoomId, RoomVersionId, UserId, room_version_rules::RoomVersionRules};
use serde_json::value::RawValue;
use store::rooms::Membership;

use super::template::version_of;
use crate::{
    Error, Received, Result, Rooms, Sent,
    lane::{Proposal, Turn},
    membership::MemberContent,
};

/// An invite that the invited server has not signed yet.
#[derive(Clone, Debug)]
pub struct DraftedInvite {
    /// The event, signed by this server.
    pub event: VerifiedPdu,
    /// The room's version.
    pub version: RoomVersionId,
    /// The rules of that version.
    pub rules: &'static RoomVersionRules,
    /// The events that show what room it is.
    pub state: Vec<Box<RawValue>>,
}

/// What an invite says beside who invites whom.
#[derive(Clone, Debug, Default)]
pub struct InviteContent {
    /// Why.
    pub reason: Option<String>,
    /// Whether it is to a direct chat.
    pub is_direct: bool,
    /// What an identity server has signed for who was invited by an address, if so.
    pub third_party_invite: Option<serde_json::Value>,
}

impl Rooms {
    /// Makes an invite of a user of another server on the room's head, once the rules have allowed it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] by the rules, or for who is not in the room.
    pub async fn draft_invite(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        target: &UserId,
        content: InviteContent,
    ) -> Result<DraftedInvite> {
        let room = self.writable(room_id).await?;
        self.require_joined(room, sender).await?;
        let row = self.room(room_id).await?;
        let version = version_of(&row)?;
        let rules = version::rules(&version).ok_or_else(|| Error::UnsupportedRoomVersion(version.to_string()))?;
        let content = MemberContent {
            reason: content.reason,
            is_direct: content.is_direct.then_some(true),
            third_party_invite: content.third_party_invite,
            ..MemberContent::of("invite")
        };
        let proposal = Proposal { on_turn: Some(unless_joined), ..content.proposal(sender, target)? };
        let event = self.draft(room, proposal).await?.build(rules, &self.inner.key)?;
        let state = self.shown_state(room, Some(sender)).await?;
        Ok(DraftedInvite { event, version, rules, state })
    }

    /// Puts an invite into the room that the invited server has signed.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the room does not allow it any more.
    pub async fn send_invite(&self, room_id: &RoomId, signed: VerifiedPdu) -> Result<Sent> {
        match self.relay(room_id, signed).await? {
            Received::Accepted(sent) => Ok(sent),
            _ => Err(Error::Forbidden("the room does not allow this invite any more".into())),
        }
    }
}

fn unless_joined(membership: Option<Membership>) -> Turn {
    match membership {
        Some(Membership::Join) => Turn::Refuse("the user is already in the room"),
        _ => Turn::Send,
    }
}

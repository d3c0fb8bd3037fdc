//! How users come into rooms and leave them (client-server §room-membership).

mod ban;
mod forget;
mod invite;
mod join;
mod knock;
mod leave;
mod profile;
mod restricted;

use events::canonical;
use ruma::{OwnedUserId, UserId, events::TimelineEventType};
use serde::Serialize;

use crate::{Result, Rooms, Sent, lane::Proposal};

/// The content of an `m.room.member` that we send.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct MemberContent {
    pub membership: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub displayname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_direct: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join_authorised_via_users_server: Option<OwnedUserId>,
}

impl Rooms {
    /// The content for a membership, with the user's name and picture if they are one of ours.
    pub(crate) async fn member_content(&self, membership: &'static str, user: &UserId) -> Result<MemberContent> {
        let mut content = MemberContent { membership, ..MemberContent::default() };
        if self.is_local(user) {
            (content.displayname, content.avatar_url) = self.inner.users.member_profile(user).await?;
        }
        Ok(content)
    }

    /// Sends a membership event.
    pub(crate) async fn set_membership(
        &self,
        room: i64,
        sender: &UserId,
        target: &UserId,
        content: MemberContent,
    ) -> Result<Sent> {
        let content = canonical::object_from(&content)?;
        let proposal = Proposal::state(sender.to_owned(), TimelineEventType::RoomMember, target.as_str(), content);
        self.propose_one(room, proposal).await
    }
}

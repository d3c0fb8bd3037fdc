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

use crate::{Result, lane::Proposal};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub third_party_invite: Option<serde_json::Value>,
}

impl MemberContent {
    /// A membership and nothing else.
    pub fn of(membership: &'static str) -> Self {
        Self { membership, ..Self::default() }
    }

    /// The event by which `sender` gives it to `target`.
    pub fn proposal(&self, sender: &UserId, target: &UserId) -> Result<Proposal> {
        let content = canonical::object_from(self)?;
        Ok(Proposal::state(sender.to_owned(), TimelineEventType::RoomMember, target.as_str(), content))
    }
}

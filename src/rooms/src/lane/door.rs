//! Who is kept out of a room by more than its own rules: everybody from one that the operator has blocked, guests from one
//! that does not let guests in (client-server §guest-access).

use ruma::events::{StateEventType, TimelineEventType};
use serde::Deserialize;
use store::{accounts::users, moderation, rooms::Membership};

use crate::{
    Error, Result,
    lane::{Numbered, Proposal, chain::Building},
};

impl Building<'_> {
    /// Looks at the proposals by which somebody comes in, and at no others.
    pub(super) fn check_door(&mut self, proposal: &Proposal, state: i64, before: Option<Membership>) -> Result<()> {
        if proposal.event_type != TimelineEventType::RoomMember || self.head.room.room_id.is_empty() {
            return Ok(());
        }
        let word = proposal.content.get("membership").and_then(|word| word.as_str());
        let comes_in = word.and_then(Membership::from_word).filter(|membership| Some(*membership) != before);
        if !matches!(comes_in, Some(Membership::Join | Membership::Invite | Membership::Knock)) {
            return Ok(());
        }
        if moderation::is_blocked(self.nodes.conn(), &self.head.room.room_id)? {
            return Err(Error::Forbidden("this room has been blocked on this server".into()));
        }
        let Some(user) = &proposal.state_key else { return Ok(()) };
        if comes_in == Some(Membership::Join) && users::is_guest(self.nodes.conn(), user)? {
            let access = self.state(state, &StateEventType::RoomGuestAccess, "")?;
            if !access.as_ref().is_some_and(lets_guests_in) {
                return Err(Error::Forbidden("guests may not join this room".into()));
            }
        }
        Ok(())
    }
}

/// Whether an `m.room.guest_access` says so.
fn lets_guests_in(event: &Numbered) -> bool {
    #[derive(Deserialize)]
    struct Content {
        guest_access: String,
    }
    event.pdu.content_as::<Content>().is_ok_and(|content| content.guest_access == "can_join")
}

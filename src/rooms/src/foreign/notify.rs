//! Whom an invite to a room that is not here notifies.

use events::push::{Default as DefaultRule, Outcome, PushEvent, Reader, Room};
use store::{
    Conn,
    rooms::{ForeignMember, Membership},
};

use crate::{Result, Rooms};

impl Rooms {
    /// What the push rules of who is invited say of it, as of an invite to a room that is here; none where they are not to
    /// hear of it, and for what is no invite.
    pub fn invite_outcome(&self, conn: &mut Conn, invite: &ForeignMember) -> Result<Option<Outcome>> {
        if invite.membership() != Membership::Invite {
            return Ok(None);
        }
        let rules = self.inner.events.rules().get(conn, &invite.user_id)?;
        let event = PushEvent::new(&invite.json, &invite.room_id, Some(&invite.event_id));
        let reader = Reader { user_id: &invite.user_id, display_name: None };
        // How many are in the room, and who may notify all of them, nobody here knows.
        let room = Room { members: 0, permits: &|_: &str| false };
        let outcome = rules.evaluate(&event, &reader, &room).unwrap_or_else(DefaultRule::invite);
        Ok((outcome.notify && !rules.invites_blocked).then_some(outcome))
    }
}

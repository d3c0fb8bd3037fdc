//! A room with many branches is slow for everybody: each of its events asks what they come to together. An event of ours
//! that comes after them joins them.

use events::canonical;
use ruma::{UserId, events::TimelineEventType};
use store::rooms::{Membership, members_of_room};

use crate::{
    Result,
    lane::{Building, Proposal},
};

/// From how many branches on they are joined.
const BRANCHES: usize = 10;

/// How many of our members are tried: the first may not be allowed to send anything.
const SENDERS: usize = 5;

impl Building<'_> {
    /// Joins the newest branches if there are many, in the name of one of our members. It tries when the number passes ten,
    /// twenty and so on: perhaps nobody may.
    pub(super) fn collapse(&mut self) {
        let branches = self.head.extremities.len();
        if branches <= BRANCHES || branches % BRANCHES != 1 {
            return;
        }
        if let Err(error) = self.join_branches() {
            tracing::warn!(room_id = %self.head.room.room_id, branches, %error, "branches could not be joined");
        }
    }

    fn join_branches(&mut self) -> Result<()> {
        let members = members_of_room(self.nodes.conn(), self.head.room.nid, &[Membership::Join])?;
        let users = members.iter().filter_map(|member| UserId::parse(member.user_id.as_str()).ok());
        let ours: Vec<_> = users.filter(|user| self.rooms.is_local(user)).take(SENDERS).collect();
        for sender in ours {
            let event_type = TimelineEventType::from("org.matrix.dummy_event");
            let content = canonical::object("{}")?;
            if self.event(&Proposal::message(sender, event_type, content)).is_ok() {
                break;
            }
        }
        Ok(())
    }
}

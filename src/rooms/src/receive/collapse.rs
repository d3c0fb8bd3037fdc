//! A room with many branches is slow for everybody: each of its events asks what they come to together. An event of ours
//! that comes after them joins them.

use events::canonical;
use ruma::{UserId, events::TimelineEventType};

use crate::{
    Result,
    lane::{Building, Proposal},
    read::DUMMY_EVENT,
};

/// From how many branches on they are joined.
const BRANCHES: usize = 10;

/// How many of our members are tried: the first may not be allowed to send anything.
const SENDERS: usize = 5;

impl Building<'_> {
    /// Joins the newest branches if there are many, in the name of one of our members. It tries when the number passes ten,
    /// twenty and so on: perhaps nobody may. Or at once, if there are any between which it was costly to judge.
    pub(super) fn collapse(&mut self, was_costly: bool) {
        let branches = self.head.extremities.len();
        let are_many = branches > BRANCHES && branches % BRANCHES == 1;
        if !(are_many || was_costly && branches > 1) {
            return;
        }
        if let Err(error) = self.join_branches() {
            tracing::warn!(room_id = %self.head.room.room_id, branches, %error, "branches could not be joined");
        }
    }

    fn join_branches(&mut self) -> Result<()> {
        let levels = self.power_levels(self.head.room.state)?;
        let event_type = TimelineEventType::from(DUMMY_EVENT);
        let may = |user: &UserId| levels.may_send(user, &event_type, false);
        let (rooms, room) = (self.rooms, self.head.room.nid);
        for sender in rooms.local_members(self.nodes.conn(), room, &levels, may)?.into_iter().take(SENDERS) {
            let content = canonical::object("{}")?;
            if self.event(&Proposal::message(sender, event_type.clone(), content)).is_ok() {
                break;
            }
        }
        Ok(())
    }
}

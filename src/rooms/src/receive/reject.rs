//! What the rules say of an event in all, and the record of it: a rejected event is stored, but nobody is shown it and
//! nothing of ours builds on it. An event that names it among its auth events is rejected too; one that comes after it is
//! not, for that (server-server §rejection).

use events::Pdu;

use crate::{
    Result,
    lane::Building,
    receive::{Verdict, auth_events::AuthEvents},
};

impl Building<'_> {
    /// The checks but for those by the current state, in the order of the specification; the first that fails decides.
    pub(super) fn verdict(&mut self, pdu: &Pdu, auth_events: &AuthEvents, state_before: i64) -> Result<Verdict> {
        if pdu.prev_events().is_empty() && self.has_events() && !self.is_beginning(pdu)? {
            return Ok(Verdict::Rejected("a second beginning of the room".into()));
        }
        if let Err(error) = auth_events.check(self.head.rules, pdu) {
            return Ok(Verdict::Rejected(format!("by its auth events: {error}")));
        }
        if let Err(error) = self.check_state(pdu, state_before)? {
            return Ok(Verdict::Rejected(format!("by the state before it: {error}")));
        }
        Ok(Verdict::Accepted)
    }

    fn has_events(&self) -> bool {
        self.head.room.revision > 0 || !self.append.events.is_empty()
    }
}

/// The reason goes into the log; it may quote the event's ids, never its content.
pub(super) fn log(pdu: &Pdu, verdict: &Verdict) {
    let (room_id, event_id) = (pdu.room_id(), pdu.event_id());
    match verdict {
        Verdict::Accepted => {}
        Verdict::SoftFailed(reason) => tracing::info!(%room_id, %event_id, %reason, "event soft-failed"),
        Verdict::Rejected(reason) => tracing::info!(%room_id, %event_id, %reason, "event rejected"),
    }
}

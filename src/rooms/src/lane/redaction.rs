//! Redactions: who may, and what becomes of the event (client-server §redactions; room versions, "handling redactions").

use events::{PowerLevels, redact};
use ruma::{
    UserId,
    events::{StateEventType, TimelineEventType},
};
use store::rooms::{Redaction, event_by_id};

use crate::{
    Error, Result,
    lane::{Proposal, chain::Building},
};

impl Building<'_> {
    /// What a redaction would empty, once it is clear that its sender may; nothing if that is empty already. From version 3 on the auth rules
    /// leave that to whoever applies the redaction.
    pub(super) fn check_redaction(&mut self, proposal: &Proposal) -> Result<Option<Emptied>> {
        if proposal.event_type != TimelineEventType::RoomRedaction {
            return Ok(None);
        }
        let target =
            proposal.redacts.as_ref().ok_or_else(|| Error::MissingParam("a redaction names an event".into()))?;
        let room = self.head.room.nid;
        let target = event_by_id(self.nodes.conn(), room, target.as_str())?
            .ok_or_else(|| Error::NotFound("the event to redact is not in this room".into()))?;
        let create = self.state(&StateEventType::RoomCreate, "")?;
        let create = create.ok_or_else(|| Error::Internal("a room without m.room.create".into()))?;
        let power_levels = self.state(&StateEventType::RoomPowerLevels, "")?;
        let levels = PowerLevels::new(self.head.rules, &create.pdu, power_levels.as_ref().map(|levels| &levels.pdu))?;
        let author = UserId::parse(target.sender.as_str()).map_err(|error| Error::Internal(error.to_string()))?;
        if !levels.may_redact(&proposal.sender, &author) {
            return Err(Error::Forbidden("you may not redact events of others in this room".into()));
        }
        let emptied = self.append.redactions.iter().any(|redaction| redaction.target == target.nid);
        if target.redacted_by.is_some() || emptied {
            return Ok(None);
        }
        Ok(Some(Emptied { nid: target.nid, json: redact::redacted(&target.json, self.head.rules)? }))
    }

    /// Empties the event on behalf of the new one of this index.
    pub(super) fn redact(&mut self, emptied: Emptied, index: usize) {
        let Some(row) = self.append.events.get(index) else { return };
        let (target, by, at) = (emptied.nid, row.nid, self.rooms.inner.clock.now_ms());
        self.append.redactions.push(Redaction { target, by, at, json: emptied.json });
        // What is remembered of the state may be the text that has just gone.
        self.head.forget();
    }
}

/// An event to be emptied, and its redacted form.
pub(super) struct Emptied {
    nid: i64,
    json: String,
}

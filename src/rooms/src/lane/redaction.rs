//! Redactions: who may, and what becomes of the event (client-server §redactions; room versions, "handling redactions").

use events::{PowerLevels, redact};
use ruma::{
    UserId,
    events::{StateEventType, TimelineEventType},
};
use store::rooms::{EventRow, Redaction, event_by_id};

use crate::{
    Error, Result,
    lane::{Proposal, chain::Building},
};

/// An event to be emptied, and its redacted form.
pub(crate) struct Emptied {
    nid: i64,
    json: String,
}

impl Building<'_> {
    /// What a redaction of ours would empty, once it is clear that its sender may; nothing if that is empty already.
    pub(super) fn check_redaction(&mut self, proposal: &Proposal, state: i64) -> Result<Option<Emptied>> {
        if proposal.event_type != TimelineEventType::RoomRedaction {
            return Ok(None);
        }
        let target =
            proposal.redacts.as_ref().ok_or_else(|| Error::MissingParam("a redaction names an event".into()))?;
        let room = self.head.room.nid;
        let target = event_by_id(self.nodes.conn(), room, target.as_str())?
            .ok_or_else(|| Error::NotFound("the event to redact is not in this room".into()))?;
        // Other servers are trusted with the events of all their users; our users only with their own.
        let own = target.sender == proposal.sender.as_str();
        if !own && !self.has_power_to_redact(state, &proposal.sender)? {
            return Err(Error::Forbidden("you may not redact events of others in this room".into()));
        }
        self.emptied(&target)
    }

    fn has_power_to_redact(&mut self, state: i64, redactor: &UserId) -> Result<bool> {
        let levels = self.power_levels(state)?;
        Ok(levels.user(redactor) >= levels.redact)
    }

    /// Whether a user may redact an event of this author, by the state of this root. From room version 3 on the auth
    /// rules leave that to whoever applies the redaction.
    pub(crate) fn may_redact(&mut self, state: i64, redactor: &UserId, author: &str) -> Result<bool> {
        let levels = self.power_levels(state)?;
        let author = UserId::parse(author).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(levels.may_redact(redactor, &author))
    }

    /// The power levels in the state of this root.
    pub(crate) fn power_levels(&mut self, state: i64) -> Result<PowerLevels> {
        let create = self.state(state, &StateEventType::RoomCreate, "")?;
        let create = create.ok_or_else(|| Error::Internal("a room without m.room.create".into()))?;
        let power_levels = self.state(state, &StateEventType::RoomPowerLevels, "")?;
        let power_levels = power_levels.as_ref().map(|levels| &levels.pdu);
        Ok(PowerLevels::new(self.head.rules, &create.pdu, power_levels)?)
    }

    /// What is left of a stored event; nothing if it is empty already.
    pub(crate) fn emptied(&self, target: &EventRow) -> Result<Option<Emptied>> {
        let already = self.append.redactions.iter().any(|redaction| redaction.target == target.nid);
        if target.redacted_by.is_some() || already {
            return Ok(None);
        }
        Ok(Some(Emptied { nid: target.nid, json: redact::redacted(&target.json, self.head.rules)? }))
    }

    /// Empties the event on behalf of the new one of this index.
    pub(crate) fn redact(&mut self, emptied: Emptied, index: usize) {
        let Some(row) = self.append.events.get(index) else { return };
        let (target, by, at) = (emptied.nid, row.nid, self.rooms.inner.clock.now_ms());
        self.append.redactions.push(Redaction { target, by, at, json: emptied.json });
        // What is remembered of the state may be the text that has just gone.
        self.head.forget();
    }
}

//! Redactions of other servers, whether they come after what they redact or before it. From room version 3 on the auth
//! rules let every redaction pass; whoever applies it checks that its sender has the power, or sits on the same server as
//! the author (room versions, "handling redactions").

use events::{Pdu, redact};
use ruma::{UserId, events::TimelineEventType};
use store::rooms::{EventFlags, redactions_of};

use crate::{
    Error, Result,
    lane::{Building, Emptied},
};

/// How many redactions that came before an event are tried.
const TRIED: usize = 20;

/// What a redaction does.
pub(super) enum Effect {
    /// Nothing, or it is no redaction.
    None,
    /// It empties a stored event.
    Empties(Emptied),
    /// Its target, of this id, is not here yet.
    Waits(String),
}

impl Building<'_> {
    /// Whether an event is tied by a redaction to one that this chain brings: that can be redacted only once it is stored.
    pub(super) fn redaction_waits(&self, pdu: &Pdu) -> bool {
        let id = pdu.event_id().as_str();
        pdu.redacts().is_some_and(|target| self.ids.contains_key(target))
            || self.append.pending_redactions.iter().any(|(target, _)| target == id)
    }

    /// What an accepted event redacts.
    pub(super) fn redaction(&mut self, pdu: &Pdu, state_before: i64) -> Result<Effect> {
        let target = match pdu.redacts() {
            Some(target) if *pdu.event_type() == TimelineEventType::RoomRedaction => target,
            _ => return Ok(Effect::None),
        };
        let Some(target) = self.known([target])?.remove(target) else { return Ok(Effect::Waits(target.to_string())) };
        if !self.may_redact(state_before, pdu.sender(), &target.row.sender)? {
            tracing::info!(room_id = %pdu.room_id(), event_id = %pdu.event_id(), "redaction without the right to it");
            return Ok(Effect::None);
        }
        Ok(self.emptied(&target.row)?.map_or(Effect::None, Effect::Empties))
    }

    /// Does it on behalf of the new event of this index.
    pub(super) fn apply_redaction(&mut self, effect: Effect, index: usize) {
        match effect {
            Effect::None => {}
            Effect::Empties(emptied) => self.redact(emptied, index),
            Effect::Waits(target) => {
                let nid = self.append.events.get(index).map(|row| row.nid);
                self.append.pending_redactions.extend(nid.map(|nid| (target, nid)));
            }
        }
    }

    /// Of an event whose redaction was here before it: the number of the redaction, and what that leaves of the event.
    pub(super) fn redacted_before(&mut self, pdu: &Pdu) -> Result<Option<(i64, String)>> {
        let (room, id) = (self.head.room.nid, pdu.event_id().to_string());
        for (_, nid) in redactions_of(self.nodes.conn(), room, &[id])?.into_iter().take(TRIED) {
            let redaction = self.rooms.inner.events.one(self.nodes.conn(), nid)?;
            if !EventFlags(redaction.flags).is_visible() {
                continue;
            }
            let sender =
                UserId::parse(redaction.sender.as_str()).map_err(|error| Error::Internal(error.to_string()))?;
            if self.may_redact(redaction.state_before, &sender, pdu.sender().as_str())? {
                return Ok(Some((nid, redact::redacted(pdu.json(), self.head.rules)?)));
            }
        }
        Ok(None)
    }
}

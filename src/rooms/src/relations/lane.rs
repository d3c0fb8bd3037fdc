//! What a room's lane makes of relations: rows beside the new events, and refusals.

use events::Pdu;
use ruma::EventId;
use store::{
    relations::{ANNOTATION, Relation, THREAD, annotations_of, flags_of_children},
    rooms::EventFlags,
};

use super::RelatesTo;
use crate::{Error, Result, lane::Building};

/// How the new event of this index relates to another.
pub(crate) fn relation(pdu: &Pdu, at: usize) -> Option<Relation> {
    let relates_to = RelatesTo::of(pdu.content())?;
    let mark = relates_to.mark(&pdu.event_type().to_string(), pdu.state_key().is_some());
    Some(Relation { at, target: relates_to.event_id, rel_type: relates_to.rel_type, mark })
}

impl Building<'_> {
    /// Refuses an event of one of our users that relates to another in a way that it must not.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a thread on what is a child itself (§ Threading, "Validation of m.thread relationships"),
    /// [`Error::DuplicateAnnotation`] for the same annotation again.
    pub(crate) fn check_relation(&mut self, pdu: &Pdu) -> Result<()> {
        let Some(relation) = relation(pdu, 0) else { return Ok(()) };
        match relation.rel_type.as_str() {
            THREAD if self.is_child(&relation.target)? => {
                Err(Error::Unknown("a thread cannot begin with an event that relates to another".into()))
            }
            ANNOTATION if relation.mark != 0 && self.is_annotated(pdu, &relation)? => Err(Error::DuplicateAnnotation),
            _ => Ok(()),
        }
    }

    /// The flags that an event of another server has of children that were here before it.
    pub(crate) fn flags_of_children(&mut self, pdu: &Pdu) -> Result<EventFlags> {
        let id = pdu.event_id().as_str();
        let stored = flags_of_children(self.nodes.conn(), self.head.room.nid, id)?;
        let new = self.append.relations.iter().filter(|relation| relation.target == id);
        Ok(new.fold(stored, |flags, relation| flags.with(relation.flag())))
    }

    /// Whether an event, if it is here, relates to another.
    fn is_child(&mut self, id: &str) -> Result<bool> {
        let Ok(id) = <&EventId>::try_from(id) else { return Ok(false) };
        let known = self.known([id])?.remove(id);
        Ok(known.is_some_and(|known| RelatesTo::of_event(&known.row).is_some()))
    }

    /// Whether the sender has annotated the event so already.
    fn is_annotated(&mut self, pdu: &Pdu, relation: &Relation) -> Result<bool> {
        let (sender, event_type) = (pdu.sender().as_str(), pdu.event_type().to_string());
        let Relation { target, mark, .. } = relation;
        let same = |other: &Relation| {
            let event = self.append.events.get(other.at);
            other.rel_type == ANNOTATION
                && (&other.target, &other.mark) == (target, mark)
                && event.is_some_and(|event| event.sender == sender && event.event_type == event_type)
        };
        if self.append.relations.iter().any(same) {
            return Ok(true);
        }
        let stored = annotations_of(self.nodes.conn(), self.head.room.nid, target, sender, &event_type, *mark)?;
        let redacted = |nid: &i64| self.append.redactions.iter().any(|redaction| redaction.target == *nid);
        Ok(!stored.iter().all(redacted))
    }
}

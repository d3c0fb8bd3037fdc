//! Steps 1 to 3 of the checks on receipt, for the events that one server sent to one room.

use events::{Provenance, VerifiedPdu};
use ruma::{OwnedEventId, RoomId, ServerName, room_version_rules::RoomVersionRules};
use serde_json::value::RawValue;

use crate::incoming::Incoming;

/// An event after these steps.
pub(super) struct Checked {
    pub event_id: OwnedEventId,
    pub outcome: Result<VerifiedPdu, String>,
}

impl Incoming {
    /// Checks format, signatures and hash. What has no id, because it is no event at all, is dropped.
    pub(super) async fn check(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        rules: &'static RoomVersionRules,
        pdus: Vec<Box<RawValue>>,
    ) -> Vec<Checked> {
        let checked = self.history().check(rules, pdus, Provenance::Sent).await.into_iter();
        let mut of_room = Vec::with_capacity(checked.len());
        for one in checked {
            let outcome = match one.outcome {
                Ok(pdu) if pdu.room_id() == room_id => Ok(pdu),
                // The same key twice, and readers that do not agree which one counts.
                Ok(_) => Err("the event is of another room".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(reason) = &outcome {
                tracing::info!(%origin, %room_id, event_id = ?one.event_id, %reason, "dropped an event");
            }
            of_room.extend(one.event_id.map(|event_id| Checked { event_id, outcome }));
        }
        of_room
    }
}

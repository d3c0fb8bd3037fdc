//! Steps 1 to 3 of the checks on receipt.

use events::{Provenance, VerifiedPdu};
use futures_util::future::BoxFuture;
use ruma::room_version_rules::RoomVersionRules;
use serde_json::value::RawValue;

use crate::{
    Checked, Verifier,
    history::{Asked, History},
};

/// Checks format, signatures and hash of events. The keys come over the network, so tests have one of their own.
pub(crate) trait Check: Send + Sync {
    /// The events of a room of these rules; the answers are in their order.
    fn check(
        &self,
        rules: &'static RoomVersionRules,
        events: Vec<Box<RawValue>>,
        provenance: Provenance,
    ) -> BoxFuture<'_, Vec<Checked>>;
}

impl Check for Verifier {
    fn check(
        &self,
        rules: &'static RoomVersionRules,
        events: Vec<Box<RawValue>>,
        provenance: Provenance,
    ) -> BoxFuture<'_, Vec<Checked>> {
        Box::pin(self.verify(rules, events, provenance))
    }
}

impl History {
    /// Checks events that were sent to us or that we asked for.
    pub async fn check(
        &self,
        rules: &'static RoomVersionRules,
        events: Vec<Box<RawValue>>,
        provenance: Provenance,
    ) -> Vec<Checked> {
        self.options.checks.check(rules, events, provenance).await
    }

    /// Those of the events of an answer that are what they should be: events of the room, with good signatures.
    pub(super) async fn checked(&self, asked: Asked<'_>, events: Vec<Box<RawValue>>) -> Vec<VerifiedPdu> {
        let Asked { room_id, rules, server, .. } = asked;
        let mut good = Vec::with_capacity(events.len());
        for one in self.check(rules, events, Provenance::History).await {
            match one.outcome {
                Ok(pdu) if pdu.room_id() == room_id => good.push(pdu),
                Ok(pdu) => {
                    tracing::info!(%server, %room_id, event_id = %pdu.event_id(), "was given an event of another room");
                }
                Err(error) => {
                    tracing::info!(%server, %room_id, event_id = ?one.event_id, %error, "was given a bad event");
                }
            }
        }
        good
    }
}

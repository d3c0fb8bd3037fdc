//! Asking a room's policy server, and bringing events with its signature.

use std::sync::Arc;

use events::VerifiedPdu;
use parking_lot::RwLock;
use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use crate::{
    Error, Result, Rooms,
    lane::{Proposal, Sent, Work},
    policy::{Policy, Unasked},
};

/// How often the room may move on while one of our events is being signed. It stands on what is before it, so it must be
/// made anew then.
const ATTEMPTS: usize = 8;
/// Rooms whose turns are remembered.
const ROOMS: usize = 1_000;

/// Who asks, and whose turn it is: in a room with a policy server our events are signed one after the other.
pub(crate) struct Policies {
    asks: RwLock<Option<Arc<dyn Policy>>>,
    turns: Cache<i64, Arc<Mutex<()>>>,
}

impl Default for Policies {
    fn default() -> Self {
        Self { asks: RwLock::default(), turns: Cache::new(ROOMS) }
    }
}

impl Rooms {
    /// Says who asks policy servers. Before that, and where nobody does, nothing is recommended.
    pub fn set_policy(&self, policy: Arc<dyn Policy>) {
        *self.inner.policies.asks.write() = Some(policy);
    }

    /// Proposes again what was not taken because the policy server had not been asked about the first of these events.
    pub(crate) async fn propose_signed(
        &self,
        room: i64,
        mut proposals: Vec<Proposal>,
        mut unasked: Box<Unasked>,
    ) -> Result<Vec<Sent>> {
        let fresh = || Ok::<_, Error>(Arc::default());
        let turn = self.inner.policies.turns.get_or_insert_with(&room, fresh)?;
        let _turn = turn.lock().await;
        for _ in 0..ATTEMPTS.saturating_add(proposals.len()) {
            let event = unasked.event.clone();
            let signed = self.signed(&unasked).await?;
            // The same event comes out only at the same time.
            let mine = proposals.iter_mut().find(|proposal| is_of(proposal, &event));
            let Some(mine) = mine else { return Err(Error::Internal("an event was made of no proposal".into())) };
            mine.timestamp = Some(event.origin_server_ts());
            mine.signed = Some(signed);
            let again = proposals.clone();
            match self.enqueue(room, None, |reply| Work::Propose(again, reply)).await {
                Err(Error::Unproposed(_, next)) => unasked = next,
                outcome => return outcome,
            }
        }
        Err(Error::Busy)
    }

    /// An event of another server with the signature that it lacked, or as it is if the policy server does not recommend
    /// it: then it will soft-fail.
    pub(crate) async fn signed_or_not(&self, unasked: &Unasked) -> VerifiedPdu {
        match self.signed(unasked).await {
            Ok(event) => event,
            Err(error) => {
                let (room_id, event_id) = (unasked.event.room_id(), unasked.event.event_id());
                tracing::info!(%room_id, %event_id, %error, "an event is not recommended by the room's policy server");
                unasked.event.clone()
            }
        }
    }

    async fn signed(&self, unasked: &Unasked) -> Result<VerifiedPdu> {
        let Unasked { server, event, rules } = unasked;
        let nobody = || Error::not_recommended(400, "M_FORBIDDEN", "nobody asks the room's policy server");
        let policy = self.inner.policies.asks.read().clone().ok_or_else(nobody)?;
        let signature = policy.sign(&server.name, event).await?;
        event
            .with_recommendation(&server.name, &server.key, &signature, rules)
            .map_err(|_| Error::not_recommended(400, "M_FORBIDDEN", "the policy server's signature is not good"))
    }
}

/// Whether an event was made of a proposal that has no signature yet, or another's.
fn is_of(proposal: &Proposal, event: &VerifiedPdu) -> bool {
    proposal.sender == event.sender()
        && proposal.event_type == *event.event_type()
        && proposal.state_key.as_deref() == event.state_key()
        && proposal.signed.as_ref().is_none_or(|signed| signed.prev_events() != event.prev_events())
}

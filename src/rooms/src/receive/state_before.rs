//! Step 5: the state before an event is what the states after its previous events come to together.

use crate::{
    Result,
    lane::{Building, Known},
};

impl Building<'_> {
    /// Its root. After a rejected event the state is what it was before, after a soft-failed one it is what that made of
    /// it.
    ///
    /// * `told`: root of the state before the event as another server tells it, where not all previous events are here. It
    ///   is not believed alone: whoever tells it could forget what happened on the branches that we know.
    pub(super) fn state_before(&mut self, prev_events: &[&Known], told: Option<i64>) -> Result<i64> {
        self.resolve(prev_events.iter().map(|event| event.row.state_after).chain(told).collect())
    }
}

//! What comes to its end with a new event: extremities that it comes after. The current state is then what the states
//! after all extremities come to together (the lane's `advance`).

use std::collections::HashSet;

use store::rooms::EventFlags;

use crate::{
    Result,
    lane::{Building, Known},
};

/// How many events that were never extremities are followed back.
const WALK: usize = 200;

impl Building<'_> {
    /// The numbers of the events that an event comes after. Rejected and soft-failed ones were never extremities, nor was
    /// what came as history, so those before them are looked for. Not before outliers, though: their states are unknown,
    /// so what they come after has had no say in the state before this event.
    pub(super) fn passed(&mut self, prev_events: &[&Known]) -> Result<HashSet<i64>> {
        let mut passed: HashSet<i64> = prev_events.iter().map(|event| event.row.nid).collect();
        let mut waiting: Vec<Known> =
            prev_events.iter().filter(|event| was_no_extremity(event)).map(|event| Known::clone(event)).collect();
        let mut walked = 0;
        while let Some(event) = waiting.pop() {
            walked += 1;
            if walked > WALK {
                tracing::debug!(room_id = %self.head.room.room_id, "a long line of events that were no extremities");
                break;
            }
            let pdu = self.known_pdu(&event)?;
            let before = self.known(pdu.prev_events().iter().map(|id| &**id))?.into_values();
            for before in before.filter(|event| !event.has(EventFlags::OUTLIER)) {
                if passed.insert(before.row.nid) && was_no_extremity(&before) {
                    waiting.push(before);
                }
            }
        }
        Ok(passed)
    }
}

fn was_no_extremity(event: &Known) -> bool {
    !event.is_visible() || event.is_late()
}

//! What comes to its end with a new event: extremities that it comes after. The current state is then what the states
//! after all extremities come to together (the lane's `advance`).

use std::collections::HashSet;

use crate::{
    Result,
    lane::{Building, Known},
};

/// How many events that nobody sees are followed back.
const WALK: usize = 200;

impl Building<'_> {
    /// The numbers of the events that an event comes after. Rejected and soft-failed ones were never extremities, so
    /// those before them are looked for.
    pub(super) fn passed(&mut self, prev_events: &[&Known]) -> Result<HashSet<i64>> {
        let mut passed: HashSet<i64> = prev_events.iter().map(|event| event.row.nid).collect();
        let mut waiting: Vec<Known> =
            prev_events.iter().filter(|event| !event.is_visible()).map(|event| Known::clone(event)).collect();
        let mut walked = 0;
        while let Some(event) = waiting.pop() {
            walked += 1;
            if walked > WALK {
                tracing::warn!(room_id = %self.head.room.room_id, "a long line of events that failed");
                break;
            }
            let pdu = self.known_pdu(&event)?;
            for before in self.known(pdu.prev_events().iter().map(|id| &**id))?.into_values() {
                if passed.insert(before.row.nid) && !before.is_visible() {
                    waiting.push(before);
                }
            }
        }
        Ok(passed)
    }
}

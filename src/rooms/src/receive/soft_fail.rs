//! Steps 6 and 7: an event that the room's current state does not allow was perhaps sent from the past to get around it
//! (a ban). It is stored, but not shown (server-server §soft-failure).

use std::collections::HashSet;

use events::Pdu;

use crate::{Error, Result, lane::Building};

/// How many branches a room may have. From then on a new branch is not shown until something joins it to the others.
const BRANCHES: usize = 100;

impl Building<'_> {
    /// Why the event soft-fails, if it does.
    pub(super) fn soft_fails(&mut self, pdu: &Pdu, state_before: i64, passed: &HashSet<i64>) -> Result<Option<String>> {
        // Against the state before it, it has been checked.
        if state_before != self.head.room.state
            && let Err(error) = self.check_state(pdu, self.head.room.state)?
        {
            return Ok(Some(format!("by the current state: {error}")));
        }
        let others = self.head.extremities.iter().filter(|extremity| !passed.contains(&extremity.nid)).count();
        if let Some(server) = self.policy_server(pdu)?
            && !pdu.is_recommended_by(&server.name, &server.key, self.head.rules)
        {
            if self.asked || self.names_us(&server) {
                return Ok(Some("the room's policy server does not recommend it".into()));
            }
            return Err(Error::Unrecommended(Box::new(server)));
        }
        Ok((others >= BRANCHES).then(|| "the room has too many branches".into()))
    }
}

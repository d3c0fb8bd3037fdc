//! Steps 6 and 7: an event that the room's current state does not allow was perhaps sent from the past to get around it
//! (a ban). It is stored, but not shown (server-server §soft-failure).

use std::collections::HashSet;

use events::Pdu;
use ruma::UserId;

use crate::{Error, Result, lane::Building};

/// How many branches a room may have. From then on a new branch is not shown until something joins it to the others,
const BRANCHES: usize = 100;
/// unless its server has fewer than these of them: one server alone, which need tell nobody else of its branches, would
/// silence all others here.
const OF_SERVER: usize = 10;
/// So many there may be then.
const MOST_BRANCHES: usize = 200;

impl Building<'_> {
    /// Why the event soft-fails, if it does.
    ///
    /// * `after_gap`: whether something before it was no news here.
    pub(super) fn soft_fails(
        &mut self,
        pdu: &Pdu,
        state_before: i64,
        passed: &HashSet<i64>,
        after_gap: bool,
    ) -> Result<Option<String>> {
        let now = if after_gap { self.state_with(state_before)? } else { self.head.room.state };
        // Against the state before it, it has been checked.
        if state_before != now
            && let Err(error) = self.check_state(pdu, now)?
        {
            return Ok(Some(format!("by the current state: {error}")));
        }
        if let Some(server) = self.policy_server(pdu)?
            && !pdu.is_recommended_by(&server.name, &server.key, self.head.rules)
        {
            if self.asked || self.names_us(&server) {
                return Ok(Some("the room's policy server does not recommend it".into()));
            }
            return Err(Error::Unrecommended(Box::new(server)));
        }
        if self.is_one_branch_too_many(pdu, passed)? {
            return Ok(Some("the room has too many branches".into()));
        }
        // What comes after all that is here is no difference from it.
        let joins_all = self.head.extremities.iter().all(|extremity| passed.contains(&extremity.nid));
        let is_too_much = state_before != self.head.room.state
            && !joins_all
            && self.brings_too_much(pdu.sender().server_name(), state_before)?;
        Ok(is_too_much.then(|| "its server has brought too much beside what is here".into()))
    }

    /// Whether the event is one too many beside the branches that it does not join.
    fn is_one_branch_too_many(&mut self, pdu: &Pdu, passed: &HashSet<i64>) -> Result<bool> {
        let branches = self.head.extremities.iter().map(|extremity| extremity.nid);
        let others: Vec<i64> = branches.filter(|nid| !passed.contains(nid)).collect();
        if !(BRANCHES..MOST_BRANCHES).contains(&others.len()) {
            return Ok(others.len() >= MOST_BRANCHES);
        }
        let server = pdu.sender().server_name();
        let is_theirs = |sender: &str| <&UserId>::try_from(sender).is_ok_and(|user| user.server_name() == server);
        let new = self.append.events.iter().filter(|row| others.contains(&row.nid) && is_theirs(&row.sender)).count();
        let stored = self.rooms.inner.events.stored(self.nodes.conn(), &others)?;
        Ok(new + stored.iter().filter(|event| is_theirs(&event.sender)).count() >= OF_SERVER)
    }

    /// Root of the current state together with that before an event. What happened in a gap had no say in the current one:
    /// who came in meanwhile is there only by the state before the event. A ban that is known here still counts.
    fn state_with(&mut self, state_before: i64) -> Result<i64> {
        let here = self.head.extremities.iter().map(|extremity| extremity.state);
        let roots = here.chain([state_before]).collect();
        self.resolve(roots)
    }
}

//! What resolving states takes, which anybody in a room can make much of: by thousands of events of their own membership,
//! each naming the one before, where nobody sees them. Whoever then shows the last of them, beside what is here, has all of
//! them judged, and again with every further event.
//!
//! - **What is brought** beside our state counts against the server that brings it. Beyond its share such an event soft-fails:
//!   others may see that otherwise, which harms nobody, while a rejection of ours that is not everybody's would be a split.
//!   But a bound that holds for ever would be one, too. Somebody honest may have done as much while we were away (a robot
//!   that changes its name every minute), and what others build on that would soft-fail like it. So a server that has not
//!   brought much lately may bring as much as can be resolved at all.
//! - **What is judged** counts against the server whose event makes us do so. Beyond its share its events wait.
//! - Where much was brought an event of ours joins it to what is here (`receive/collapse.rs`): then it is no difference any more.

use std::time::{Duration, Instant};

use peerbrain_core::Buckets;
use ruma::{OwnedServerName, ServerName};

use crate::{
    Error, Result,
    lane::{chain::Building, conflict::Conflict, reach::EVENTS},
};

/// So many events are not counted.
const FREE: u32 = 1_000;

/// Events that a server may bring at once; if it has brought none lately, also more.
const BROUGHT: u32 = 10_000;
/// It may bring one more whenever so much time has passed.
const EACH_BROUGHT: Duration = Duration::from_secs(10);

/// Events that may be judged at once because of one server's events: four times as many as one resolution may have,
const JUDGED: u32 = 200_000;
/// and one more whenever so much time has passed.
const EACH_JUDGED: Duration = Duration::from_millis(10);

/// What is left of whom.
pub(crate) struct Shares {
    pub brought: Buckets<OwnedServerName>,
    pub judged: Buckets<OwnedServerName>,
}

impl Default for Shares {
    fn default() -> Self {
        Self { brought: Buckets::new(BROUGHT, EACH_BROUGHT), judged: Buckets::new(JUDGED, EACH_JUDGED) }
    }
}

/// Who pays for what resolutions take, and whether they have.
#[derive(Default)]
pub(crate) struct Costs {
    payer: Option<OwnedServerName>,
    paid: bool,
}

impl Building<'_> {
    /// From here on this server pays.
    pub(crate) fn let_pay(&mut self, server: &ServerName) {
        self.costs = Costs { payer: Some(server.to_owned()), paid: false };
    }

    /// Nobody pays any more. Says whether anybody had to.
    pub(crate) fn let_nobody_pay(&mut self) -> bool {
        std::mem::take(&mut self.costs).paid
    }

    /// Whether a server brings more events beside our state than it may, with an event that stands upon this one.
    pub(crate) fn brings_too_much(&mut self, server: &ServerName, state_before: i64) -> Result<bool> {
        let conflict = Conflict::between(&mut self.nodes, vec![state_before, self.head.room.state])?;
        // Mostly it is clear at once that there is little.
        if self.most_in_first(&conflict)? <= i64::from(FREE) {
            return Ok(false);
        }
        let chains = self.auth_chain_difference(&conflict)?;
        let brought = u32::try_from(chains.first().map_or(0, Vec::len)).unwrap_or(u32::MAX);
        Ok(brought > FREE && !self.rooms.inner.shares.brought.take_or_all(&server.to_owned(), brought, Instant::now()))
    }

    /// Pays for a resolution of so many events.
    ///
    /// # Errors
    /// [`Error::TooFarApart`] where these are too many for anybody, [`Error::Costly`] for a server whose share is used up.
    pub(crate) fn pay_for(&mut self, events: usize) -> Result<()> {
        let many = u32::try_from(events).ok().filter(|many| i64::from(*many) <= EVENTS).ok_or(Error::TooFarApart)?;
        let Some(payer) = self.costs.payer.as_ref().filter(|_| many > FREE) else { return Ok(()) };
        if !self.rooms.inner.shares.judged.take(payer, many, Instant::now()) {
            tracing::info!(room_id = %self.head.room.room_id, server = %payer, events, "events of a server cost too much for now");
            return Err(Error::Costly(payer.clone()));
        }
        self.costs.paid = true;
        Ok(())
    }
}

//! A lane per active room: takes everything that waits for the room and builds it as one chain on the room's head.
//! The thinking (state, auth rules, hashes, signatures) is done here, on blocking threads; the store's writer only
//! writes finished rows.
//!
//! A chain is made of events of our users ([`Proposal`]) and of other servers ([`receive`](crate::receive)). Both end in
//! [`place`]: the row, the state after it, the room's new head, and what follows from that.

mod advance;
mod answer;
mod auth_chain;
mod auth_difference;
mod build;
mod chain;
mod conflict;
mod conflicted_subgraph;
mod costs;
mod door;
mod draft;
mod head;
mod job;
mod known;
mod member;
mod notify;
mod place;
mod proposal;
mod reach;
mod redaction;
mod resolve;
mod rule_holders;
mod run;
#[cfg(test)]
pub(crate) mod testing;
mod undo;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use events::EventBuilder;
use parking_lot::Mutex;
use tokio::sync::oneshot;

pub use proposal::{NewRoom, Origin, Proposal, Sent, Turn};

pub(crate) use answer::{At, Placed, Reply};
pub(crate) use chain::Building;
pub(crate) use costs::Shares;
pub(crate) use head::{Head, Numbered};
pub(crate) use job::{Job, Work};
pub(crate) use known::Known;
pub(crate) use place::{NewEvent, Stand};
pub(crate) use redaction::Emptied;

use crate::{Error, Result, Rooms};

/// How many jobs may wait for one room.
const WAITING: usize = 2_000;

/// How many idle lanes keep their head.
const IDLE_LANES: usize = 1_000;

/// One room's queue.
#[derive(Default)]
pub(crate) struct Lane {
    state: Mutex<LaneState>,
}

#[derive(Default)]
struct LaneState {
    waiting: VecDeque<Job>,
    running: bool,
    head: Option<Head>,
}

/// The lanes by room number.
#[derive(Default)]
pub(crate) struct Lanes {
    lanes: Mutex<HashMap<i64, Arc<Lane>>>,
}

impl Lanes {
    fn lane(&self, room: i64) -> Arc<Lane> {
        let mut lanes = self.lanes.lock();
        if lanes.len() > IDLE_LANES && !lanes.contains_key(&room) {
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
        }
        lanes.entry(room).or_default().clone()
    }
}

impl Rooms {
    /// Hands proposals to the room's lane; they are in the room, durably and in this order, when this returns.
    pub(crate) async fn propose(&self, room: i64, proposals: Vec<Proposal>) -> Result<Vec<Sent>> {
        // Few rooms have a policy server, so they are not kept for it.
        match self.enqueue(room, None, |reply| Work::Propose(proposals, reply)).await {
            Err(Error::Unproposed(proposals, unasked)) => self.propose_signed(room, proposals, unasked).await,
            outcome => outcome,
        }
    }

    /// One proposal.
    pub(crate) async fn propose_one(&self, room: i64, proposal: Proposal) -> Result<Sent> {
        let sent = self.propose(room, vec![proposal]).await?;
        sent.into_iter().next().ok_or_else(|| Error::Internal("nothing was sent".into()))
    }

    /// What a proposal would come to on the room's head, once the rules have allowed it. It is not put into the room.
    pub(crate) async fn draft(&self, room: i64, proposal: Proposal) -> Result<EventBuilder> {
        self.enqueue(room, None, |reply| Work::Draft(proposal, reply)).await
    }

    /// Makes a room of these events, the first of which is its `m.room.create`.
    pub(crate) async fn propose_room(&self, room: i64, proposals: Vec<Proposal>, new: NewRoom) -> Result<Vec<Sent>> {
        self.enqueue(room, Some(new), |reply| Work::Propose(proposals, reply)).await
    }

    /// Puts a job into the room's queue and waits for its answer.
    pub(crate) async fn enqueue<T>(
        &self,
        room: i64,
        new_room: Option<NewRoom>,
        work: impl FnOnce(Reply<T>) -> Work,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let lane = self.inner.lanes.lane(room);
        let start = {
            let mut state = lane.state.lock();
            if state.waiting.len() >= WAITING {
                return Err(Error::Busy);
            }
            state.waiting.push_back(Job { work: work(reply), new_room });
            !std::mem::replace(&mut state.running, true)
        };
        if start {
            self.inner.runtime.spawn(run::run(self.clone(), room, lane));
        }
        answer.await.map_err(|_| Error::Store(store::Error::Closed))?
    }
}

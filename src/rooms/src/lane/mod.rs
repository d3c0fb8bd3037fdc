//! A lane per active room: takes everything that waits for the room and builds it as one chain on the room's head.
//! The thinking (state, auth rules, hashes, signatures) is done here, on blocking threads; the store's writer only
//! writes finished rows.

mod auth_chain;
mod build;
mod chain;
mod head;
mod proposal;
mod redaction;
mod run;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::oneshot;

pub use proposal::{NewRoom, Origin, Proposal, Sent};

pub(crate) use head::Head;

use crate::{Error, Result, Rooms};

/// How many jobs may wait for one room.
const WAITING: usize = 2_000;

/// How many idle lanes keep their head.
const IDLE_LANES: usize = 1_000;

/// Proposals that are written together or not at all, and who waits for them.
pub(crate) struct Job {
    pub proposals: Vec<Proposal>,
    pub new_room: Option<NewRoom>,
    pub reply: oneshot::Sender<Result<Vec<Sent>>>,
}

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
        self.enqueue(room, proposals, None).await
    }

    /// One proposal.
    pub(crate) async fn propose_one(&self, room: i64, proposal: Proposal) -> Result<Sent> {
        let sent = self.propose(room, vec![proposal]).await?;
        sent.into_iter().next().ok_or_else(|| Error::Internal("nothing was sent".into()))
    }

    /// Makes a room of these events, the first of which is its `m.room.create`.
    pub(crate) async fn propose_room(&self, room: i64, proposals: Vec<Proposal>, new: NewRoom) -> Result<Vec<Sent>> {
        self.enqueue(room, proposals, Some(new)).await
    }

    async fn enqueue(&self, room: i64, proposals: Vec<Proposal>, new_room: Option<NewRoom>) -> Result<Vec<Sent>> {
        let (reply, answer) = oneshot::channel();
        let lane = self.inner.lanes.lane(room);
        let start = {
            let mut state = lane.state.lock();
            if state.waiting.len() >= WAITING {
                return Err(Error::Busy);
            }
            state.waiting.push_back(Job { proposals, new_room, reply });
            !std::mem::replace(&mut state.running, true)
        };
        if start {
            self.inner.runtime.spawn(run::run(self.clone(), room, lane));
        }
        answer.await.map_err(|_| Error::Store(store::Error::Closed))?
    }
}

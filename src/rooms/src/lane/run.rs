//! A lane's loop: take what waits, build it, have it written, answer.

use std::{sync::Arc, thread::panicking};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use store::rooms::Appended;

use crate::{
    Error, Rooms,
    lane::{
        Head, Job, Lane,
        answer::{Answer, Written},
        chain::Chain,
    },
};

/// How many jobs one chain takes.
const CHAIN: usize = 128;

/// How often in a row a chain may be found to be built on a head that the room has left behind.
const ATTEMPTS: usize = 5;

/// A lane whose task panics is begun anew: until a restart nobody else would work on the room. Those whose jobs it had in
/// hand are told that nothing came of them.
struct Anew {
    rooms: Rooms,
    room: i64,
    lane: Arc<Lane>,
}

impl Drop for Anew {
    fn drop(&mut self) {
        if panicking() {
            tracing::error!(room = self.room, "the lane of a room panicked; it is begun anew");
            let (rooms, lane) = (self.rooms.clone(), self.lane.clone());
            self.rooms.inner.runtime.spawn(run(rooms, self.room, lane));
        }
    }
}

/// Works until nothing waits any more.
pub(super) fn run(rooms: Rooms, room: i64, lane: Arc<Lane>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let _anew = Anew { rooms: rooms.clone(), room, lane: lane.clone() };
        work(&rooms, room, &lane).await;
    })
}

async fn work(rooms: &Rooms, room: i64, lane: &Lane) {
    let mut stale = 0;
    loop {
        let (jobs, head) = {
            let mut state = lane.state.lock();
            if state.waiting.is_empty() {
                state.running = false;
                return;
            }
            let count = state.waiting.len().min(CHAIN);
            (state.waiting.drain(..count).collect::<Vec<Job>>(), state.head.take())
        };
        let (chain, left) = build(rooms, room, head, jobs).await;
        put_back(lane, left);
        if let Some(chain) = chain {
            let (head, again) = finish(rooms, chain, stale + 1 < ATTEMPTS).await;
            lane.state.lock().head = head;
            stale = if again.is_empty() { 0 } else { stale + 1 };
            put_back(lane, again);
        }
    }
}

/// What could not be part of this chain goes on in the next, first in the queue.
fn put_back(lane: &Lane, left: Vec<Job>) {
    let mut state = lane.state.lock();
    for job in left.into_iter().rev() {
        state.waiting.push_front(job);
    }
}

/// Builds as much as fits together, on a blocking thread with one of the connections for reading. Where that fails every
/// caller is told, and the head is loaded anew.
async fn build(rooms: &Rooms, room: i64, head: Option<Head>, jobs: Vec<Job>) -> (Option<Chain>, Vec<Job>) {
    // Still ours if no connection comes, or the build panics.
    let jobs = Arc::new(Mutex::new(Some(jobs)));
    let (worker, mine) = (rooms.clone(), jobs.clone());
    let outcome = rooms.inner.store.read(move |conn| {
        let mut jobs = mine.lock();
        Ok(Chain::build(&worker, conn, room, head, &mut jobs))
    });
    let error = match outcome.await {
        Ok(Ok((chain, left))) => return (Some(chain), left),
        Ok(Err(error)) => error,
        Err(error) => Error::Store(error),
    };
    tracing::warn!(room, %error, "events could not be built");
    for job in jobs.lock().take().unwrap_or_default() {
        job.refuse(error.share());
    }
    (None, Vec::new())
}

/// Has the chain written and answers everybody; gives the head to go on with. Where the room has moved on since, gives
/// the jobs back if they may be tried `again`.
async fn finish(rooms: &Rooms, chain: Chain, again: bool) -> (Option<Head>, Vec<Job>) {
    let Chain { mut head, append, answers, pdus } = chain;
    let Some(append) = append else {
        return (Some(head), tell(answers, Written::At(&[])));
    };
    let names = !append.aliases.is_empty();
    match rooms.inner.store.append(append).await {
        Ok(Appended { revision, positions }) => {
            head.room.revision = revision;
            head.room.last_position = positions.iter().copied().fold(head.room.last_position, i64::max);
            for (nid, pdu) in pdus {
                rooms.inner.events.keep(nid, pdu);
            }
            (Some(head), tell(answers, Written::At(&positions)))
        }
        Err(store::Error::Stale) if again => {
            tracing::info!(room = %head.room.room_id, "the room has moved on, its events are built again");
            (None, tell(answers, Written::Stale))
        }
        Err(error) => {
            tracing::warn!(room = %head.room.room_id, %error, "events could not be written");
            let error = if names && error.is_conflict() { Error::AliasInUse } else { Error::Store(error) };
            (None, tell(answers, Written::Failed(&error)))
        }
    }
}

/// Answers everybody; gives the jobs back that are to be built again.
fn tell(answers: Vec<Answer>, written: Written<'_>) -> Vec<Job> {
    answers.into_iter().filter_map(|answer| answer.tell(written)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ruma::RoomVersionId;

    use super::*;
    use crate::{
        Received,
        receive::tests::{
            model::{Model, message},
            world::World,
        },
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn a_room_goes_on_after_its_lane_has_panicked() {
        let mut model = Model::new(RoomVersionId::V11);
        let before = model.add(&[3], message("@alice:a", "before"));
        let world = World::of(&model).await;
        let (rooms, room) = (world.rooms.clone(), world.row().await.nid);
        let lane = rooms.inner.lanes.lane(room);
        lane.state.lock().running = true;
        let broken = tokio::spawn(async move {
            let _anew = Anew { rooms, room, lane };
            panic!("a test");
        });
        assert!(broken.await.is_err());
        for event in 1..=before {
            let received = tokio::time::timeout(Duration::from_secs(20), world.receive(model.event(event))).await;
            assert!(matches!(received, Ok(Received::Accepted(_))), "nobody works on the room: {received:?}");
        }
    }
}

//! Steps 1 to 3 of the checks on receipt of a PDU, for many events at once: their keys are fetched together, their
//! signatures checked in parallel.
//!
//! Each signature is checked by itself: checking many by one equation would be quicker, but accepts a few that no single
//! check accepts, and servers that disagree about an event have a room each.

use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use events::{Error, Provenance, UnverifiedPdu, VerifiedPdu};
use futures_util::future::join_all;
use ruma::{OwnedEventId, OwnedServerName, ServerSigningKeyId, room_version_rules::RoomVersionRules};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use crate::keys::{KeyRing, Keys, Wanted};

/// Events that one thread takes at a time: some milliseconds of work.
const EVENTS_PER_TASK: usize = 32;

/// Checks events of others. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    keys: KeyRing,
    /// One for each processor.
    tasks: Arc<Semaphore>,
    counted: Arc<Counted>,
}

/// What was checked since the start.
#[derive(Clone, Copy, Debug)]
pub struct Checks {
    /// Events.
    pub events: u64,
    /// Requests of other servers.
    pub requests: u64,
    /// The time that signatures and hashes of both took, on all threads together.
    pub took: Duration,
}

#[derive(Default)]
struct Counted {
    events: AtomicU64,
    requests: AtomicU64,
    nanoseconds: AtomicU64,
}

/// What became of an event.
#[derive(Debug)]
pub struct Checked {
    /// Its id, as far as it could be computed.
    pub event_id: Option<OwnedEventId>,
    /// The event, or why it must be dropped.
    pub outcome: Result<VerifiedPdu, Error>,
}

type Unverified = Result<UnverifiedPdu, Error>;

impl Verifier {
    /// With these keys.
    pub fn new(keys: KeyRing) -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self { keys, tasks: Arc::new(Semaphore::new(processors)), counted: Arc::default() }
    }

    /// What was checked since the start.
    pub fn checks(&self) -> Checks {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counted { events, requests, nanoseconds } = &*self.counted;
        Checks { events: get(events), requests: get(requests), took: Duration::from_nanos(get(nanoseconds)) }
    }

    /// Counts a check of a request's signature, which whoever took the request makes on the spot: it is one signature.
    pub fn count_request<T>(&self, check: impl FnOnce() -> T) -> T {
        self.counted.time(&self.counted.requests, check)
    }

    /// Checks events of a room of these rules; the answers are in their order.
    pub async fn verify(
        &self,
        rules: &'static RoomVersionRules,
        events: Vec<Box<RawValue>>,
        provenance: Provenance,
    ) -> Vec<Checked> {
        let read = move |json: Box<RawValue>| UnverifiedPdu::read(json.get(), rules, provenance);
        let events: Vec<Unverified> = self.each(events, read, || Err(broken_off())).await;
        let keys = Arc::new(self.keys.get(&wanted(&events, rules)).await);
        let counted = self.counted.clone();
        let check = move |event| counted.time(&counted.events, || check(event, rules, &keys));
        self.each(events, check, || Checked { event_id: None, outcome: Err(broken_off()) }).await
    }

    /// Does something with each of the items on threads that may take their time. The results are in their order; `lost`
    /// stands for what a thread did not come to.
    async fn each<T, R>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> R + Clone + Send + 'static,
        lost: impl Fn() -> R,
    ) -> Vec<R>
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let mut items = items.into_iter();
        let mut tasks = Vec::new();
        loop {
            let some: Vec<T> = items.by_ref().take(EVENTS_PER_TASK).collect();
            if some.is_empty() {
                break;
            }
            let (count, work) = (some.len(), work.clone());
            tasks.push(async move {
                // It is never closed.
                let _permit = self.tasks.acquire().await;
                let task = tokio::task::spawn_blocking(move || some.into_iter().map(work).collect::<Vec<R>>());
                (count, task.await)
            });
        }
        let mut results = Vec::new();
        for (count, outcome) in join_all(tasks).await {
            match outcome {
                Ok(done) => results.extend(done),
                Err(error) => {
                    tracing::error!(%error, "checking events broke off");
                    results.extend(std::iter::repeat_with(&lost).take(count));
                }
            }
        }
        results
    }
}

impl Counted {
    /// Checks one event or request, and counts it.
    fn time<T>(&self, count: &AtomicU64, check: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let checked = check();
        let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(took, Ordering::Relaxed);
        count.fetch_add(1, Ordering::Relaxed);
        checked
    }
}

/// The keys that the events need, each at the latest moment at which it signed one.
fn wanted(events: &[Unverified], rules: &RoomVersionRules) -> Wanted {
    let mut wanted = Wanted::new();
    for event in events.iter().flatten() {
        let moment = event.origin_server_ts();
        for (server, ids) in event.signers(rules).into_iter().flatten() {
            for id in ids.into_iter().filter_map(|id| ServerSigningKeyId::parse(id).ok()) {
                let of_server = wanted.entry(server.clone()).or_default();
                of_server.entry(id).and_modify(|latest| *latest = moment.max(*latest)).or_insert(moment);
            }
        }
    }
    wanted
}

fn check(event: Unverified, rules: &RoomVersionRules, keys: &Keys) -> Checked {
    let event = match event {
        Ok(event) => event,
        Err(error) => return Checked { event_id: None, outcome: Err(error) },
    };
    let (event_id, moment) = (event.event_id().to_owned(), event.origin_server_ts());
    let key = |server: &OwnedServerName, id: &str| {
        let id = <&ServerSigningKeyId>::try_from(id).ok()?;
        keys.at(server, id, moment).cloned()
    };
    Checked { event_id: Some(event_id), outcome: event.verify(rules, key) }
}

fn broken_off() -> Error {
    Error::Signature("it could not be checked".to_owned())
}

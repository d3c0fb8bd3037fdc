//! Steps 1 to 3 of the checks on receipt of a PDU, for many events at once: their keys are fetched together, their
//! signatures checked in parallel.
//!
//! Each signature is checked by itself: checking many by one equation would be quicker, but accepts a few that no single
//! check accepts, and servers that disagree about an event have a room each.

mod batch;
mod counted;
mod pool;
mod stream;

use std::sync::Arc;

use events::{Error, Provenance, UnverifiedPdu, VerifiedPdu};
use ruma::{
    MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedServerName, OwnedServerSigningKeyId, ServerSigningKeyId,
    room_version_rules::RoomVersionRules,
};
use serde_json::value::RawValue;

use crate::keys::{KeyRing, Keys, Wanted};
pub use counted::Checks;
use counted::Counted;
use pool::Pool;
pub(crate) use stream::Stream;

/// Checks events of others. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    keys: KeyRing,
    pool: Pool,
    counted: Arc<Counted>,
}

/// What became of an event.
#[derive(Debug)]
pub struct Checked {
    /// Its id, as far as it could be computed.
    pub event_id: Option<OwnedEventId>,
    /// The event, or why it must be dropped.
    pub outcome: Result<VerifiedPdu, Error>,
}

type Outcome = Result<VerifiedPdu, Error>;
type Unverified = Result<UnverifiedPdu, Error>;

impl Verifier {
    /// With these keys.
    pub fn new(keys: KeyRing) -> Self {
        Self { keys, pool: Pool::new(), counted: Arc::default() }
    }

    /// What was checked since the start.
    pub fn checks(&self) -> Checks {
        self.counted.checks()
    }

    /// Counts a check of a request's signature, which whoever took the request makes on the spot: it is one signature.
    pub fn count_request<T>(&self, check: impl FnOnce() -> T) -> T {
        self.counted.request(check)
    }

    /// Checks events of a room of these rules; the answers are in their order.
    pub async fn verify(
        &self,
        rules: &'static RoomVersionRules,
        events: Vec<Box<RawValue>>,
        provenance: Provenance,
    ) -> Vec<Checked> {
        let events = self.read(rules, events.into_iter().map(Into::into).collect(), provenance).await;
        let keys = self.keys.get(&wanted(&events, rules)).await;
        self.check(rules, events, Arc::new(keys)).await
    }

    async fn read(
        &self,
        rules: &'static RoomVersionRules,
        events: Vec<Box<str>>,
        provenance: Provenance,
    ) -> Vec<Unverified> {
        let read = move |json: Box<str>| UnverifiedPdu::read(&json, rules, provenance);
        self.pool.each(events, read, || Err(broken_off())).await
    }

    async fn check(&self, rules: &'static RoomVersionRules, events: Vec<Unverified>, keys: Arc<Keys>) -> Vec<Checked> {
        let counted = self.counted.clone();
        let check = move |event| counted.event(|| check(event, rules, &keys));
        self.pool.each(events, check, || Checked { event_id: None, outcome: Err(broken_off()) }).await
    }
}

/// The keys that the events need, each at the latest moment at which it signed one.
fn wanted(events: &[Unverified], rules: &RoomVersionRules) -> Wanted {
    let mut wanted = Wanted::new();
    for event in events.iter().flatten() {
        let moment = event.origin_server_ts();
        for (server, ids) in event.signers(rules).into_iter().flatten() {
            for id in ids.into_iter().filter_map(|id| ServerSigningKeyId::parse(id).ok()) {
                want(&mut wanted, &server, id, moment);
            }
        }
    }
    wanted
}

fn want(
    wanted: &mut Wanted,
    server: &OwnedServerName,
    id: OwnedServerSigningKeyId,
    moment: MilliSecondsSinceUnixEpoch,
) {
    let of_server = wanted.entry(server.clone()).or_default();
    of_server.entry(id).and_modify(|latest| *latest = moment.max(*latest)).or_insert(moment);
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

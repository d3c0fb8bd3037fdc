//! What encryption asks of a server: keys uploaded, queried and claimed.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use http_body_util::Full;

use crate::connection::Connection;
use crate::device::Device;
use crate::drive::{Outcome, Worker, closed_loop, warm_closed_loop};
use crate::error::{Error, Result};
use crate::setup::{Stage, in_parallel};
use crate::users::User;

/// How many ask at a time.
const WIDTH: usize = 16;

/// How many accounts share the fresh devices.
const OWNERS: usize = 64;

const QUERY: &str = "/_matrix/client/v3/keys/query";
const CLAIM: &str = "/_matrix/client/v3/keys/claim";

/// Requests that are made ready before the row begins, for signing costs this program more than sending.
type Ready = Rc<RefCell<Vec<Request<Full<Bytes>>>>>;

/// Sends what is ready.
struct Uploader {
    connection: Connection,
    uploads: Ready,
}

impl Worker for Uploader {
    async fn step(&mut self) -> Option<Result<()>> {
        let request = self.uploads.borrow_mut().pop()?;
        Some(self.connection.tell(request).await)
    }
}

/// Fresh devices upload their device keys and one-time keys, once each. A short run tells how many devices the time
/// will need.
pub async fn upload(stage: &mut Stage) -> Result<Outcome> {
    let owners = stage.users("owner", OWNERS.min(stage.devices)).await?;
    let probe = upload_all(stage, &owners, 2 * WIDTH).await?;
    let per_second = probe.tally.latency.len() as f64 / probe.elapsed.as_secs_f64().max(0.001);
    let count = (1.5 * per_second * stage.run_for.as_secs_f64()) as usize;
    upload_all(stage, &owners, count.clamp(WIDTH, stage.devices.max(WIDTH))).await
}

async fn upload_all(stage: &Stage, owners: &[User], count: usize) -> Result<Outcome> {
    let owners = owners.iter().cycle().take(count).collect();
    let uploads = in_parallel(&stage.target, owners, async |connection, user: &User| {
        let (id, authorization) = user.login(connection).await?;
        Device::with_token(user, id, authorization)?.upload(&stage.target, 0..stage.scale.one_time_keys)
    })
    .await?;
    let uploads = Rc::new(RefCell::new(uploads));
    let mut connection = stage.target.connection();
    // The first one tells whether this is served at all.
    let first = uploads.borrow_mut().pop();
    if let Some(first) = first {
        connection.tell(first).await?;
    }
    let uploader = |_| Uploader { connection: stage.target.connection(), uploads: Rc::clone(&uploads) };
    let mut workers: Vec<Uploader> = (0..WIDTH).map(uploader).collect();
    closed_loop(&stage.watch, &mut workers, stage.run_for).await
}

/// Asks for the keys of one user after the other.
struct Asker {
    connection: Connection,
    authorization: HeaderValue,
    holders: Rc<Vec<Device>>,
    next: usize,
}

impl Asker {
    async fn ask(&mut self, holder: usize) -> Result<()> {
        let Some(holder) = self.holders.get(holder) else { return Ok(()) };
        let body = format!(r#"{{"device_keys":{{"{}":[]}}}}"#, holder.user_id());
        let authorization = Some(&self.authorization);
        let request = self.connection.target().request(Method::POST, QUERY, authorization, body.into())?;
        let answer = self.connection.fetch(request).await?;
        let key = format!("ed25519:{}", holder.id());
        holds(&answer, &key).then_some(()).ok_or(Error::Lacks(QUERY, "the device's key"))
    }
}

impl Worker for Asker {
    async fn step(&mut self) -> Option<Result<()>> {
        let holder = self.next % self.holders.len().max(1);
        self.next += 1;
        Some(self.ask(holder).await)
    }
}

/// Queries of one user's device keys each.
pub async fn query(stage: &mut Stage) -> Result<Outcome> {
    let holders = Rc::new(stage.key_holders().await?);
    let asker = |(n, holder): (usize, &Device)| Asker {
        connection: stage.target.connection(),
        authorization: holder.authorization().clone(),
        holders: Rc::clone(&holders),
        // They begin at different places.
        next: n * holders.len() / WIDTH,
    };
    let mut workers: Vec<Asker> = holders.iter().cycle().take(WIDTH).enumerate().map(asker).collect();
    if let Some(first) = workers.first_mut() {
        first.ask(0).await?;
    }
    warm_closed_loop(&stage.watch, &mut workers, stage.run_for).await
}

/// Claims one key of one device after the other, until there are no more.
struct Claimer {
    connection: Connection,
    authorization: HeaderValue,
    /// Whom to claim from: each device as often as it has keys.
    places: Rc<RefCell<Vec<usize>>>,
    holders: Rc<Vec<Device>>,
}

impl Claimer {
    async fn claim(&mut self, holder: usize) -> Result<()> {
        let Some(holder) = self.holders.get(holder) else { return Ok(()) };
        let (user, device) = (holder.user_id(), holder.id());
        let body = format!(r#"{{"one_time_keys":{{"{user}":{{"{device}":"signed_curve25519"}}}}}}"#);
        let authorization = Some(&self.authorization);
        let request = self.connection.target().request(Method::POST, CLAIM, authorization, body.into())?;
        let answer = self.connection.fetch(request).await?;
        holds(&answer, "signed_curve25519:AA").then_some(()).ok_or(Error::Lacks(CLAIM, "a one-time key"))
    }
}

impl Worker for Claimer {
    async fn step(&mut self) -> Option<Result<()>> {
        let holder = self.places.borrow_mut().pop()?;
        Some(self.claim(holder).await)
    }
}

/// Claims of one key each. The row ends early when all keys are claimed.
pub async fn claim(stage: &mut Stage) -> Result<Outcome> {
    let holders = Rc::new(stage.key_holders().await?);
    let places: Vec<usize> = (0..stage.scale.one_time_keys).flat_map(|_| 0..holders.len()).collect();
    let places = Rc::new(RefCell::new(places));
    let claimer = |holder: &Device| Claimer {
        connection: stage.target.connection(),
        authorization: holder.authorization().clone(),
        places: Rc::clone(&places),
        holders: Rc::clone(&holders),
    };
    let mut workers: Vec<Claimer> = holders.iter().cycle().take(WIDTH).map(claimer).collect();
    let first = places.borrow_mut().pop();
    if let (Some(worker), Some(holder)) = (workers.first_mut(), first) {
        worker.claim(holder).await?;
    }
    closed_loop(&stage.watch, &mut workers, stage.run_for).await
}

/// Whether an answer holds a text.
fn holds(answer: &[u8], text: &str) -> bool {
    answer.windows(text.len()).any(|window| window == text.as_bytes())
}

//! What the server acknowledged, and which promises it broke.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::client::{Client, Reply};

/// Something that the server acknowledged.
#[derive(Clone, Debug)]
pub enum Fact {
    /// A message of this writer; `tag` is its text, which no other has.
    Message { writer: usize, room: String, tag: String, event: String },
    /// A message was redacted.
    Redacted { event: String },
    /// The writer's own state was set to `value`, in so many tries.
    State { writer: usize, room: String, value: u64, event: String, tries: u64 },
    /// The writer joined the room with the revolving door, or left it.
    Membership { writer: usize, membership: &'static str },
    /// A room of this name, which no other has, was made in so many tries.
    Room { writer: usize, room: String, name: String, tries: u64 },
    /// Account data of this type was set.
    Data { writer: usize, kind: String, value: u64 },
    /// A user registered and joined.
    Person { name: String, room: String },
    /// A device logged in.
    LoggedIn { token: String },
    /// A device logged out again.
    LoggedOut { token: String },
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breach {
    /// What was acknowledged is not there (any more).
    Lost(String),
    /// What happened once is there twice.
    Twice(String),
    /// An order is not kept: positions, history, a writer's own messages.
    Disordered(String),
    /// Two views of the same thing differ, or something is half done.
    Inconsistent(String),
    /// An answer that nothing explains.
    Unexpected(String),
}

/// What was acknowledged so far. Writers share it.
#[derive(Default)]
pub struct Ledger {
    facts: Mutex<Vec<Fact>>,
    breaches: Mutex<Vec<Breach>>,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    /// The newest position that anybody was given.
    position: AtomicU64,
    deaths: AtomicU64,
    over: AtomicBool,
    settled: AtomicBool,
    /// Whether 5xx may come from a server whose database has just died.
    database_dies: bool,
}

impl Ledger {
    /// An empty one; `database_dies` says whether the database dies with the server.
    pub fn new(database_dies: bool) -> Self {
        Self { database_dies, ..Self::default() }
    }

    /// Notes what was acknowledged.
    pub fn add(&self, fact: Fact) {
        self.facts.lock().unwrap().push(fact);
    }

    /// All that was acknowledged, in this order for each writer.
    pub fn facts(&self) -> Vec<Fact> {
        self.facts.lock().unwrap().clone()
    }

    /// Counts what was acknowledged, for the line at the end.
    pub fn count(&self, what: &'static str, number: usize) {
        *self.counts.lock().unwrap().entry(what).or_default() += number as u64;
    }

    /// All counts.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().unwrap().clone()
    }

    /// Notes a broken promise.
    pub fn breach(&self, breach: Breach) {
        self.breaches.lock().unwrap().push(breach);
    }

    /// All broken promises.
    pub fn breaches(&self) -> Vec<Breach> {
        self.breaches.lock().unwrap().clone()
    }

    /// The server has died.
    pub fn died(&self) {
        self.deaths.fetch_add(1, Ordering::SeqCst);
    }

    /// How often the server has died.
    pub fn deaths(&self) -> u64 {
        self.deaths.load(Ordering::SeqCst)
    }

    /// Ends the work of everybody.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Whether nothing new is to be begun.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Tells the followers that nothing more will be written.
    pub fn settle(&self) {
        self.settled.store(true, Ordering::SeqCst);
    }

    /// Whether nothing more will be written.
    pub fn is_settled(&self) -> bool {
        self.settled.load(Ordering::SeqCst)
    }

    /// Whether to go on is senseless, since too much is lost.
    pub fn is_ruined(&self) -> bool {
        self.breaches.lock().unwrap().len() > 200
    }

    /// Takes note of a `next_batch`; `since` is what the request named. The first number in our tokens is a position.
    pub fn position(&self, since: Option<&str>, next_batch: &str) {
        let number = |token: &str| {
            let position = token.split('_').next().unwrap_or_default();
            position.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<u64>()
        };
        let Ok(now) = number(next_batch) else {
            return self.breach(Breach::Unexpected(format!("next_batch {next_batch:?} holds no position")));
        };
        if let Some(before) = since.and_then(|since| number(since).ok()).filter(|before| *before > now) {
            self.breach(Breach::Disordered(format!("a sync since {before} ended at {now}")));
        }
        self.position.fetch_max(now, Ordering::SeqCst);
    }

    /// Asserts of a sync that begins after everything seen so far that it does not end before it.
    pub fn not_before(&self, seen: u64, next_batch: &str) {
        self.position(Some(&format!("s{seen}")), next_batch);
    }

    /// The newest position that anybody was given.
    pub fn newest_position(&self) -> u64 {
        self.position.load(Ordering::SeqCst)
    }

    /// Asks once. The error is that no answer came, and whether the request may have been carried out nevertheless.
    pub async fn once(&self, client: &Client, method: Method, path: &str, body: &Value) -> Result<Reply, bool> {
        let body = (method != Method::GET).then_some(body);
        let maybe_done = match client.ask(method, path, body).await {
            Ok(reply) if reply.status >= 500 && self.database_dies => true,
            Ok(reply) => return Ok(reply),
            Err(error) => !error.is_connect(),
        };
        tokio::time::sleep(Duration::from_millis(5)).await;
        Err(maybe_done)
    }

    /// Whether a status may come from a server whose database has just died.
    pub fn is_outage(&self, status: u16) -> bool {
        status >= 500 && self.database_dies
    }

    /// Asks until an answer comes, and says in which try; the same request each time, transaction id included. None when
    /// it makes no sense to go on.
    pub async fn answer(&self, client: &Client, method: Method, path: &str, body: &Value) -> Option<(Reply, u64)> {
        let mut tries = 0;
        loop {
            tries += 1;
            if let Ok(reply) = self.once(client, method.clone(), path, body).await {
                return Some((reply, tries));
            }
            if self.is_ruined() {
                return None;
            }
        }
    }

    /// The same for what must succeed: anything else is a breach.
    pub async fn success(&self, client: &Client, method: Method, path: &str, body: &Value) -> Option<(Value, u64)> {
        let (reply, tries) = self.answer(client, method, path, body).await?;
        if reply.status == 200 {
            return Some((reply.json, tries));
        }
        let text = format!("{} in try {tries}: {} {}", reply.asked, reply.status, reply.text);
        // Who had a session has lost it.
        self.breach(if reply.status == 401 { Breach::Lost(text) } else { Breach::Unexpected(text) });
        None
    }
}

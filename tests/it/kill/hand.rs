//! What everybody has who works on one subject of a client's world: a device, dice, and the ledger.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::ledger::{Breach, Ledger};
use crate::random::Chance;
use crate::user::User;

/// A device at work.
pub struct Hand {
    /// On what; breaches begin with it.
    pub subject: &'static str,
    /// As whom.
    pub user: User,
    /// Where all is noted.
    pub ledger: Arc<Ledger>,
    /// Its dice.
    pub chance: Chance,
}

impl Hand {
    /// Whether to begin something new, after a short pause.
    pub async fn goes_on(&mut self) -> bool {
        tokio::time::sleep(Duration::from_millis(self.chance.among(0..10))).await;
        !self.ledger.is_over() && !self.ledger.is_ruined()
    }

    /// Waits before it builds on what was just acknowledged. The question here is what a server loses; one that answers
    /// before its commit would be caught being late instead.
    pub async fn breathe(&self) {
        tokio::time::sleep(Duration::from_millis(40)).await;
    }

    /// The same before the first death, when nothing may fail: long enough for a busy machine.
    pub async fn rest(&self) {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    /// Asks until the answer comes, which must be a success; and in how many tries.
    pub async fn must(&self, method: Method, path: &str, body: &Value) -> Option<(Value, u64)> {
        self.ledger.success(&self.user, method, path, body).await
    }

    /// GET of what must be there.
    pub async fn read(&self, path: &str) -> Option<Value> {
        Some(self.must(Method::GET, path, &Value::Null).await?.0)
    }

    /// A yes in one of so many cases.
    pub fn now_and_then(&mut self, cases: u64) -> bool {
        self.chance.among(0..cases) == 0
    }

    /// What was acknowledged is gone.
    pub fn lost(&self, what: impl Display) {
        self.ledger.breach(Breach::Lost(format!("{}: {what}", self.subject)));
    }

    /// What happened once is there twice.
    pub fn twice(&self, what: impl Display) {
        self.ledger.breach(Breach::Twice(format!("{}: {what}", self.subject)));
    }

    /// An order is not kept.
    pub fn disordered(&self, what: impl Display) {
        self.ledger.breach(Breach::Disordered(format!("{}: {what}", self.subject)));
    }

    /// Two views of one thing differ.
    pub fn inconsistent(&self, what: impl Display) {
        self.ledger.breach(Breach::Inconsistent(format!("{}: {what}", self.subject)));
    }

    /// An answer that nothing explains.
    pub fn unexpected(&self, what: impl Display) {
        self.ledger.breach(Breach::Unexpected(format!("{}: {what}", self.subject)));
    }
}

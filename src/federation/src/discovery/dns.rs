//! Asking the DNS.

use std::{fmt, net::IpAddr, time::Duration};

use futures_util::future::BoxFuture;

/// Where names are looked up: the DNS, or what a test says.
pub(crate) trait Dns: Send + Sync {
    /// A and AAAA records.
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Looked<IpAddr>>;
    /// SRV records.
    fn services<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Looked<Service>>;
}

/// What a look-up gives. That there are no records is an answer, too.
pub(crate) type Looked<T> = Result<Records<T>, Failure>;

/// Records, and how long they are good.
#[derive(Clone, Debug)]
pub(crate) struct Records<T> {
    pub records: Vec<T>,
    pub lifetime: Duration,
}

/// One SRV record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    /// Without the dot at its end; empty where the record says that there is no such service.
    pub target: String,
}

/// The DNS did not answer, or not with an answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(String);

impl Failure {
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

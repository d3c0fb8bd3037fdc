//! What handlers work with.

use std::{sync::Arc, time::Duration};

use peerbrain_core::{Clock, Config};

use crate::bridge::{Answers, Bodies};

/// Everything the handlers work with, one field for each domain crate. Built once by the server.
pub struct App {
    /// Users, tokens, devices, profiles.
    pub accounts: Arc<accounts::Accounts>,
    /// Uploaded files.
    pub media: Arc<media::Media>,
    /// Rooms.
    pub rooms: rooms::Rooms,
    /// Keys and device lists.
    pub e2ee: e2ee::E2ee,
    /// Push rules, notifications, pushers.
    pub push: push::Push,
    /// Searching in messages.
    pub search: search::Search,
    /// The social layer.
    pub thoughts: thoughts::Thoughts,
    /// Syncing.
    pub syncs: sync::Syncs,
    /// Other servers.
    pub federation: federation::Federation,
    /// What bodies of requests may take.
    pub bodies: Bodies,
    /// What answers may take.
    pub answers: Answers,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The configuration.
    pub config: Arc<Config>,
    /// Is told of every request.
    pub observe: Arc<dyn Observe>,
}

/// Is told of every request, for the metrics.
pub trait Observe: Send + Sync {
    /// A request to this route was answered with this status after this time.
    fn request(&self, method: &str, route: &str, status: u16, took: Duration);
}

/// Observes nothing.
impl Observe for () {
    fn request(&self, _: &str, _: &str, _: u16, _: Duration) {}
}

//! How often one may do what.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::config::describe::settings;

settings! {
    /// How often one user, or one address before login, may do what. Each is a bucket of `burst` that fills again at
    /// `per_second`. Who exceeds it gets M_LIMIT_EXCEEDED with the time to wait.
    pub struct RateLimits {
        /// Off only for tests.
        enabled: bool = true,
        /// Messages, state events and redactions, per user.
        message: Rate = Rate::new(10.0, 100),
        /// Logins, per address and per user.
        login: Rate = Rate::new(0.2, 10),
        /// Wrong passwords, per user: after them even the right one has to wait.
        failed_login: Rate = Rate::new(0.1, 5),
        /// Registrations, per address.
        registration: Rate = Rate::new(0.05, 5),
        /// Looking for a free user name, checking a registration token, per address.
        registration_check: Rate = Rate::new(1.0, 10),
        /// Refreshed access tokens, per address.
        refresh: Rate = Rate::new(1.0, 100),
        /// Joins and knocks, per user.
        join: Rate = Rate::new(0.5, 30),
        /// Invites, per inviting user.
        invite: Rate = Rate::new(0.5, 30),
        /// Joins, knocks, leaves and invites of users of another server, per server.
        other_server: Rate = Rate::new(10.0, 200),
        /// What another server reads of rooms, users and files, per server: an event is one, a page of events five, a whole
        /// state twenty, also for who joins.
        other_server_reads: Rate = Rate::new(50.0, 1_000),
        /// One-time keys of one device that other servers take, all together. Beyond that they get its fallback key, so that
        /// some are left for others.
        one_time_key: Rate = Rate::new(0.2, 20),
        /// Files of other servers that are not here yet, per user who asks, or per address where nobody is logged in.
        remote_file: Rate = Rate::new(5.0, 300),
        /// New rooms, per user.
        create_room: Rate = Rate::new(0.2, 20),
        /// Profile changes, per user: each is written into all rooms of the user.
        profile: Rate = Rate::new(0.2, 10),
        /// Searches in messages, per user.
        search: Rate = Rate::new(0.5, 15),
        /// Reports of events, rooms and users, per user.
        report: Rate = Rate::new(0.05, 20),
        /// Everything else that writes, per user.
        write: Rate = Rate::new(20.0, 200),
        /// Whatever is asked with GET, per user, or per address where nobody is logged in: syncs, pictures, history.
        read: Rate = Rate::new(100.0, 2_000),
    }
}

/// A bucket of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tokens that come back each second.
    pub per_second: f64,
    /// Tokens of a full bucket: what may be done at once.
    pub burst: NonZeroU32,
}

impl Rate {
    /// A bucket of `burst` (at least one) that fills again at `per_second`.
    pub fn new(per_second: f64, burst: u32) -> Self {
        Self { per_second, burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN) }
    }
}

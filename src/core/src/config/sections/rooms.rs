//! Rooms, and how they are followed.

use std::time::Duration;

use ruma::RoomVersionId;

use crate::config::describe::settings;

settings! {
    /// Defaults of rooms.
    pub struct Rooms {
        /// The version of rooms whose creator asks for none: "6" to "12".
        default_version: RoomVersionId = RoomVersionId::V12,
    }
}

settings! {
    /// Bounds of /sync.
    pub struct Sync {
        /// Most events of one room in one answer, whatever a client's filter says.
        timeline_limit: usize = 100,
        /// The longest that a client may wait for something new, in seconds.
        long_poll_seconds: u64 = 300,
        /// How long an answer is kept for the client whose connection broke before it came, in seconds. 0: not at all.
        keep_answers_seconds: u64 = 60,
    }
}

impl Sync {
    /// The longest that a client may wait for something new.
    pub fn long_poll(&self) -> Duration {
        Duration::from_secs(self.long_poll_seconds)
    }

    /// How long an answer is kept for the client whose connection broke before it came.
    pub fn keep_answers(&self) -> Duration {
        Duration::from_secs(self.keep_answers_seconds)
    }
}

settings! {
    /// Who is online.
    pub struct Presence {
        /// Whether users who share a room see who of them is online, and what they say of themselves. It is kept in memory
        /// and told now and then, so that a small machine can bear it.
        enabled: bool = true,
    }
}

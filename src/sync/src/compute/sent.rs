//! Which membership events a device has already, so that lazy members are not sent again and again.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use quick_cache::sync::Cache;

use super::Question;

/// Membership events of all devices that are remembered, about 60 bytes each.
const EVENTS: usize = 60_000;
/// Devices that are remembered, about 60 bytes each.
const DEVICES: usize = 10_000;

/// What devices have been sent. A device that syncs from the beginning starts anew. What was sent counts only once the
/// device has shown, by going on from there, that the answer has reached it.
pub(crate) struct SentMembers {
    /// The session of a device.
    sessions: Cache<u64, u64>,
    /// The answer's position by session and event.
    sent: Cache<(u64, i64), i64>,
    next: AtomicU64,
    hasher: RandomState,
}

impl Default for SentMembers {
    fn default() -> Self {
        Self {
            sessions: Cache::new(DEVICES),
            sent: Cache::new(EVENTS),
            next: AtomicU64::new(0),
            hasher: RandomState::new(),
        }
    }
}

/// The session in which an answer is noted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    id: u64,
    end: i64,
}

impl SentMembers {
    /// The session of an answer that ends at `end`; none where members are not lazy.
    pub fn session(&self, question: &Question, end: i64) -> Option<Session> {
        if !question.filter.lazy_members {
            return None;
        }
        let device = self.device(question);
        let known = if question.since.is_some() { self.sessions.get(&device) } else { None };
        let id = known.unwrap_or_else(|| {
            let id = self.next.fetch_add(1, Ordering::Relaxed);
            self.sessions.insert(device, id);
            id
        });
        Some(Session { id, end })
    }

    /// Whether the device of this question has got a membership event.
    pub fn knows(&self, question: &Question, nid: i64) -> bool {
        let Some(since) = question.since else { return false };
        let Some(session) = self.sessions.get(&self.device(question)) else { return false };
        self.sent.get(&(session, nid)).is_some_and(|sent| sent <= since)
    }

    /// Notes that a membership event is sent.
    pub fn note(&self, session: Session, nid: i64) {
        self.sent.insert((session.id, nid), session.end);
    }

    fn device(&self, question: &Question) -> u64 {
        self.hasher.hash_one((question.user.as_str(), question.device.as_str()))
    }
}

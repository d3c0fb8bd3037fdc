//! In which rooms receipts were set lately.

use std::collections::VecDeque;

use parking_lot::Mutex;
use store::{Committed, LogKind};

/// Receipts that are remembered, 16 bytes each.
const RECENT: usize = 8_192;

#[derive(Default)]
struct Inner {
    /// (position, room), oldest first.
    recent: VecDeque<(i64, i64)>,
    /// What came after this position is all in `recent`.
    recent_after: i64,
    /// The newest position seen.
    position: i64,
}

/// Where receipts were set lately.
#[derive(Default)]
pub(crate) struct Reads {
    inner: Mutex<Inner>,
}

impl Reads {
    /// The rooms in which receipts were set after a position, if all is remembered that came since, up to a snapshot's
    /// position.
    pub fn rooms_since(&self, since: i64, snapshot: i64) -> Option<Vec<i64>> {
        let inner = self.inner.lock();
        if since < inner.recent_after || snapshot > inner.position {
            return None;
        }
        let newer = inner.recent.iter().rev().take_while(|(at, _)| *at > since);
        let mut rooms: Vec<i64> = newer.map(|(_, room)| *room).collect();
        rooms.sort_unstable();
        rooms.dedup();
        Some(rooms)
    }

    /// Takes note of a commit.
    pub fn committed(&self, committed: &Committed) {
        let mut inner = self.inner.lock();
        if inner.position == 0 {
            // What was written before this process began is not remembered.
            let first = committed.entries.iter().map(|entry| entry.position).min();
            inner.recent_after = first.map_or(committed.position, |first| first - 1);
        }
        inner.position = inner.position.max(committed.position);
        for entry in committed.entries.iter().filter(|entry| entry.kind == LogKind::Receipt) {
            let Some(room) = entry.room else { continue };
            if inner.recent.len() == RECENT
                && let Some((gone, _)) = inner.recent.pop_front()
            {
                inner.recent_after = gone;
            }
            inner.recent.push_back((entry.position, room));
        }
    }
}

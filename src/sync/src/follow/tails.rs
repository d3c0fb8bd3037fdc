//! Where the newest events of rooms are: their positions and numbers, kept for the rooms that are read.

use std::collections::{HashMap, VecDeque};

use parking_lot::Mutex;
use store::{Committed, sync::Span};

/// Events of one room that are remembered.
const LENGTH: usize = 50;
/// Rooms that are remembered, at most 1.6 KB each.
const ROOMS: usize = 3_000;
/// Events of all rooms that are remembered, so that a tail read from a snapshot can be brought up to date.
const RECENT: usize = 8_192;

/// The newest events of one room.
struct Tail {
    /// (position, number), oldest first.
    events: VecDeque<(i64, i64)>,
    /// Whether the room has no older ones.
    whole: bool,
    used: u64,
}

#[derive(Default)]
struct Inner {
    rooms: HashMap<i64, Tail>,
    /// (position, room, number) of the newest events of all rooms, oldest first.
    recent: VecDeque<(i64, i64, i64)>,
    /// What came after this position is all in `recent`.
    recent_after: i64,
    /// The newest position seen.
    position: i64,
    uses: u64,
}

/// The newest events of rooms, followed from commit to commit.
#[derive(Default)]
pub(crate) struct Tails {
    inner: Mutex<Inner>,
}

/// The newest events of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// (position, number), newest first.
    pub events: Vec<(i64, i64)>,
    /// Whether the span has no older ones.
    pub whole: bool,
}

impl Tails {
    /// The rooms that got events after a position, if all is remembered that came since, up to a snapshot's position.
    pub fn rooms_since(&self, since: i64, snapshot: i64) -> Option<Vec<i64>> {
        let inner = self.inner.lock();
        if since < inner.recent_after || snapshot > inner.position {
            return None;
        }
        let newer = inner.recent.iter().rev().take_while(|(at, ..)| *at > since);
        let mut rooms: Vec<i64> = newer.map(|(_, room, _)| *room).collect();
        rooms.sort_unstable();
        rooms.dedup();
        Some(rooms)
    }

    /// The newest `count` events of a span, if they are remembered.
    ///
    /// * `last`: the position of the room's newest event as the snapshot shows it.
    pub fn reach(&self, span: Span, count: usize, last: i64) -> Option<Reach> {
        let mut inner = self.inner.lock();
        inner.uses += 1;
        let uses = inner.uses;
        let tail = inner.rooms.get_mut(&span.room)?;
        tail.used = uses;
        if tail.events.back().map_or(0, |(position, _)| *position) < last {
            return None;
        }
        let mut events = Vec::with_capacity(count.min(LENGTH));
        for (position, nid) in tail.events.iter().rev() {
            if *position <= span.after {
                return Some(Reach { events, whole: true });
            }
            if events.len() == count {
                return Some(Reach { events, whole: false });
            }
            if *position <= span.upto {
                events.push((*position, *nid));
            }
        }
        (tail.whole || events.len() == count).then_some(Reach { events, whole: tail.whole })
    }

    /// How many events to read for [`Self::keep`].
    pub fn length(&self) -> usize {
        LENGTH
    }

    /// Keeps the newest events of rooms, up to [`Self::length`], as a snapshot of this position showed them:
    /// room, (position, number) newest first.
    pub fn keep(&self, snapshot: i64, tails: impl IntoIterator<Item = (i64, Vec<(i64, i64)>)>) {
        let mut inner = self.inner.lock();
        if snapshot < inner.recent_after {
            return;
        }
        let newer: Vec<(i64, i64, i64)> =
            inner.recent.iter().rev().take_while(|(at, ..)| *at > snapshot).copied().collect();
        for (room, mut events) in tails {
            events.truncate(LENGTH);
            let whole = events.len() < LENGTH;
            events.reverse();
            inner.uses += 1;
            events.shrink_to_fit();
            let mut tail = Tail { events: events.into(), whole, used: inner.uses };
            for (position, _, nid) in newer.iter().rev().filter(|(_, of, _)| *of == room) {
                tail.push(*position, *nid);
            }
            inner.rooms.insert(room, tail);
        }
        if inner.rooms.len() > ROOMS {
            inner.forget_idle();
        }
    }

    /// Takes note of a commit.
    pub fn committed(&self, committed: &Committed) {
        let mut inner = self.inner.lock();
        if inner.position == 0 {
            // What was written before this process began is not remembered.
            let first = committed.events.iter().map(|(position, _)| *position).filter(|position| *position > 0).min();
            inner.recent_after = first.map_or(committed.position, |first| first - 1);
        }
        inner.position = inner.position.max(committed.position);
        for (position, event) in &committed.events {
            // What arrives late is no news.
            if *position <= 0 {
                continue;
            }
            if inner.recent.len() == RECENT
                && let Some((gone, ..)) = inner.recent.pop_front()
            {
                inner.recent_after = gone;
            }
            inner.recent.push_back((*position, event.room, event.nid));
            if let Some(tail) = inner.rooms.get_mut(&event.room) {
                tail.push(*position, event.nid);
            }
        }
    }
}

impl Tail {
    fn push(&mut self, position: i64, nid: i64) {
        if self.events.back().is_some_and(|(newest, _)| *newest >= position) {
            return;
        }
        if self.events.len() >= LENGTH {
            self.events.pop_front();
            self.whole = false;
        }
        self.events.push_back((position, nid));
    }
}

impl Inner {
    /// Forgets the half of the rooms that were read longest ago.
    fn forget_idle(&mut self) {
        let mut uses: Vec<u64> = self.rooms.values().map(|tail| tail.used).collect();
        uses.sort_unstable();
        let middle = uses.get(uses.len() / 2).copied().unwrap_or_default();
        self.rooms.retain(|_, tail| tail.used > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(reach: Option<Reach>) -> Option<(Vec<i64>, bool)> {
        reach.map(|reach| (reach.events.iter().map(|(position, _)| *position).collect(), reach.whole))
    }

    #[test]
    fn a_tail_answers_what_it_covers() {
        let tails = Tails::default();
        let events: Vec<(i64, i64)> = (1..=60).rev().map(|n| (n * 2, n)).take(tails.length()).collect();
        tails.keep(120, [(7, events)]);
        let span = |after, upto| Span { room: 7, after, upto };
        assert_eq!(positions(tails.reach(span(0, 120), 2, 120)), Some((vec![120, 118], false)));
        assert_eq!(positions(tails.reach(span(116, 120), 2, 120)), Some((vec![120, 118], true)));
        assert_eq!(positions(tails.reach(span(0, 50), 3, 120)), Some((vec![50, 48, 46], false)));
        // Older than what is remembered, newer than what is remembered, unknown.
        assert_eq!(tails.reach(span(0, 24), 3, 120), None);
        assert_eq!(tails.reach(span(0, 130), 3, 122), None);
        assert_eq!(tails.reach(Span { room: 8, after: 0, upto: 9 }, 1, 0), None);
    }

    #[test]
    fn a_short_room_is_whole() {
        let tails = Tails::default();
        tails.keep(9, [(7, vec![(9, 2), (4, 1)])]);
        assert_eq!(positions(tails.reach(Span { room: 7, after: 0, upto: 9 }, 5, 9)), Some((vec![9, 4], true)));
    }
}

//! How often the members of a room are woken by receipts. After a message in a large room all its members set one, and
//! to tell each of them of each would be work for the square of their number: so they hear of several at once.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// Members up to whom a room is small: they are woken at once, always.
const SMALL: usize = 10;
/// How long a room is left alone after its members were woken, for each of them.
const PAUSE: Duration = Duration::from_millis(2);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(2);

/// The rooms whose members were woken a moment ago.
#[derive(Default)]
pub(crate) struct Pace {
    rooms: Mutex<HashMap<i64, Rest>>,
}

struct Rest {
    until: Instant,
    pause: Duration,
    /// Whether there is something new since.
    waits: bool,
}

impl Pace {
    /// Whether the members of a room may be woken now. If not, the room comes up in [`Self::due`].
    pub fn may_wake(&self, room: i64, members: usize, now: Instant) -> bool {
        if members <= SMALL {
            return true;
        }
        let mut rooms = self.rooms.lock();
        if let Some(rest) = rooms.get_mut(&room).filter(|rest| rest.until > now) {
            rest.waits = true;
            return false;
        }
        let pause = (PAUSE * u32::try_from(members).unwrap_or(u32::MAX)).min(LONGEST);
        rooms.insert(room, Rest { until: now + pause, pause, waits: false });
        true
    }

    /// The rooms whose members are to be woken now, and when to ask again.
    pub fn due(&self, now: Instant) -> (Vec<i64>, Option<Instant>) {
        let mut due = Vec::new();
        let mut rooms = self.rooms.lock();
        rooms.retain(|room, rest| {
            if rest.until > now {
                return true;
            }
            if rest.waits {
                due.push(*room);
                *rest = Rest { until: now + rest.pause, waits: false, ..*rest };
                return true;
            }
            false
        });
        (due, rooms.values().map(|rest| rest.until).min())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_rooms_are_woken_now_and_then() {
        let (pace, now) = (Pace::default(), Instant::now());
        assert!(pace.may_wake(1, SMALL, now) && pace.may_wake(1, SMALL, now));
        assert_eq!(pace.due(now), (vec![], None));
        assert!(pace.may_wake(2, 100, now));
        assert!(!pace.may_wake(2, 100, now + PAUSE));
        let end = now + PAUSE * 100;
        assert_eq!(pace.due(now + PAUSE), (vec![], Some(end)));
        assert_eq!(pace.due(end), (vec![2], Some(end + PAUSE * 100)));
        let end = end + PAUSE * 100;
        assert!(pace.may_wake(2, 5_000, end));
        assert_eq!(pace.due(end + LONGEST), (vec![], None));
    }
}

//! How much others may have of something: each so much at once, and by and by more. What operators may want to change is in
//! the configuration instead.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// From so many on it is looked which need not be remembered any more.
const MANY: usize = 1_000;

/// A bucket for each. When it is as full again as at the beginning is all that is remembered; of whom nothing stands here
/// that is so now.
pub struct Buckets<K> {
    at_once: u32,
    each: Duration,
    full_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Clone + Eq + Hash> Buckets<K> {
    /// So many at once, and one more whenever so much time has passed.
    pub fn new(at_once: u32, each: Duration) -> Self {
        Self { at_once, each, full_at: Mutex::default() }
    }

    /// Takes so many, if they are left.
    pub fn take(&self, of: &K, many: u32, now: Instant) -> bool {
        self.take_if(of, many, many, now)
    }

    /// The same, but if there are never so many a full bucket is enough: the rest must come back before there is one again.
    pub fn take_or_all(&self, of: &K, many: u32, now: Instant) -> bool {
        self.take_if(of, many, many.min(self.at_once), now)
    }

    fn take_if(&self, of: &K, many: u32, enough: u32, now: Instant) -> bool {
        let mut full_at = self.full_at();
        if full_at.len() >= MANY {
            full_at.retain(|_, at| *at > now);
        }
        let at = full_at.get(of).copied().unwrap_or(now).max(now);
        let is_left = at + self.each * enough <= now + self.each * self.at_once;
        if is_left {
            full_at.insert(of.clone(), at + self.each * many);
        }
        is_left
    }

    /// Gives some back that were not needed.
    pub fn give_back(&self, of: &K, many: u32, now: Instant) {
        let mut full_at = self.full_at();
        match full_at.get(of).and_then(|at| at.checked_sub(self.each * many)).filter(|at| *at > now) {
            Some(at) => drop(full_at.insert(of.clone(), at)),
            None => drop(full_at.remove(of)),
        }
    }

    fn full_at(&self) -> MutexGuard<'_, HashMap<K, Instant>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one is left.
    pub fn is_left(&self, of: &K, now: Instant) -> bool {
        self.full_at().get(of).is_none_or(|at| *at + self.each <= now + self.each * self.at_once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EACH: Duration = Duration::from_secs(60);

    #[test]
    fn there_is_more_by_and_by() {
        let (buckets, now) = (Buckets::new(500, EACH), Instant::now());
        assert!((0..500).all(|_| buckets.take(&1, 1, now)));
        assert!(!buckets.take(&1, 1, now) && !buckets.is_left(&1, now));
        assert!(!buckets.take(&2, 501, now) && buckets.take(&2, 500, now));
        buckets.give_back(&2, 500, now);
        assert_eq!(buckets.full_at().len(), 1, "of whom nothing is kept nothing is remembered");
        assert!(buckets.take(&1, 1, now + EACH));
        assert!(!buckets.take(&1, 1, now + EACH));
        buckets.give_back(&1, 1, now + EACH);
        assert!(buckets.is_left(&1, now + EACH));
        assert!((0..500).all(|_| buckets.take(&1, 1, now + EACH * 1_000)));
    }

    #[test]
    fn a_full_bucket_is_enough_for_any_number() {
        let (buckets, now) = (Buckets::new(10, EACH), Instant::now());
        assert!(buckets.take(&1, 1, now) && !buckets.take_or_all(&1, 11, now));
        assert!(buckets.take_or_all(&1, 30, now + EACH));
        assert!(!buckets.take_or_all(&1, 1, now + EACH * 21) && buckets.take_or_all(&1, 1, now + EACH * 22));
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let (buckets, now) = (Buckets::new(500, EACH), Instant::now());
        assert!((0..MANY).all(|number| buckets.take(&number, 1, now)));
        assert!(buckets.take(&MANY, 1, now + EACH));
        assert_eq!(buckets.full_at().len(), 1);
    }
}

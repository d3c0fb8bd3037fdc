//! Answers that were given a moment ago: a client that has not received one asks again, and gets the same.

use std::time::{Duration, Instant};

use bytes::Bytes;
use quick_cache::{Weighter, sync::Cache};

use super::Key;

/// Bytes of answers that are kept.
const BYTES: u64 = 4 << 20;
/// An answer of more bytes is not kept.
const LARGEST: usize = 512 << 10;

#[derive(Clone)]
struct Weight;
impl Weighter<Key, (Bytes, Instant)> for Weight {
    fn weight(&self, key: &Key, (answer, _): &(Bytes, Instant)) -> u64 {
        400 + (key.filter.as_ref().map_or(0, String::len) + answer.len()) as u64
    }
}

/// The answers of the last while.
pub(crate) struct Repeated {
    answers: Cache<Key, (Bytes, Instant), Weight>,
    keep: Duration,
}

impl Repeated {
    /// Keeps answers for so long; not at all if it is zero.
    pub fn new(keep: Duration) -> Self {
        Self { answers: Cache::with_weighter(4_000, BYTES, Weight), keep }
    }

    /// The answer that was given to the same request.
    pub fn get(&self, key: &Key) -> Option<Bytes> {
        if self.keep.is_zero() {
            return None;
        }
        let (answer, at) = self.answers.get(key)?;
        if at.elapsed() <= self.keep {
            return Some(answer);
        }
        self.answers.remove(key);
        None
    }

    /// Keeps an answer. First syncs are made anew: they are large, and whoever begins anew wants what is new.
    pub fn keep(&self, key: &Key, answer: &Bytes) {
        if !self.keep.is_zero() && key.since.is_some() && answer.len() <= LARGEST {
            // A copy, for the buffer in which it was written is larger.
            self.answers.insert(key.clone(), (Bytes::copy_from_slice(answer), Instant::now()));
        }
    }
}

//! Answers of other servers, kept for a moment.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use quick_cache::{Weighter, sync::Cache};

/// How many answers there are about.
const ANSWERS: usize = 1_000;
/// What an answer takes beside its bytes.
const OVERHEAD: u64 = 200;

/// Answers, by what was asked.
pub(super) struct Brief<T> {
    answers: Cache<String, Kept<T>, Bytes>,
    last: Duration,
}

struct Kept<T> {
    answer: Arc<T>,
    bytes: u64,
    until: Instant,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { answer: self.answer.clone(), bytes: self.bytes, until: self.until }
    }
}

#[derive(Clone)]
struct Bytes;

impl<T> Weighter<String, Kept<T>> for Bytes {
    fn weight(&self, asked: &String, kept: &Kept<T>) -> u64 {
        OVERHEAD + asked.len() as u64 + kept.bytes
    }
}

impl<T> Brief<T> {
    /// Keeps so many bytes of answers, each for so long.
    pub fn new(bytes: u64, last: Duration) -> Self {
        Self { answers: Cache::with_weighter(ANSWERS, bytes, Bytes), last }
    }

    /// What was answered to this a moment ago.
    pub fn get(&self, asked: &str) -> Option<Arc<T>> {
        self.answers.get(asked).filter(|kept| Instant::now() < kept.until).map(|kept| kept.answer)
    }

    /// Keeps an answer that had so many bytes.
    pub fn keep(&self, asked: &str, answer: T, bytes: usize) -> Arc<T> {
        let answer = Arc::new(answer);
        let kept = Kept { answer: answer.clone(), bytes: bytes as u64, until: Instant::now() + self.last };
        self.answers.insert(asked.to_owned(), kept);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_good_for_a_moment() {
        let brief = Brief::new(100_000, Duration::from_millis(50));
        assert_eq!(*brief.keep("a", 1, 10), 1);
        assert_eq!(brief.get("a").as_deref(), Some(&1));
        assert_eq!(brief.get("b"), None);
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(brief.get("a"), None);
    }

    #[test]
    fn answers_take_no_more_than_they_may() {
        let brief = Brief::new(100_000, Duration::from_secs(60));
        for number in 0..1_000 {
            brief.keep(&number.to_string(), number, 1_000);
        }
        let kept = (0..1_000).filter(|number: &usize| brief.get(&number.to_string()).is_some()).count();
        assert!((1..=100).contains(&kept), "{kept}");
    }
}

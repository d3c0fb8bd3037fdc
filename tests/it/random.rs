//! Chance for the tests, with a seed that a failure names.

use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

/// A generator of numbers (xorshift64*).
#[derive(Clone)]
pub struct Chance(u64);

impl Chance {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds must not begin alike, and zero would stay zero.
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The seed of this run: `PEERBRAIN_SEED`, or the time.
    pub fn seed() -> u64 {
        let given = std::env::var("PEERBRAIN_SEED").ok().and_then(|seed| seed.parse().ok());
        given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64)
    }

    /// Another generator, which follows from this one.
    pub fn branch(&mut self) -> Self {
        Self::new(self.among(0..u64::MAX))
    }

    /// A number of the range.
    pub fn among(&mut self, range: Range<u64>) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        range.start + (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % (range.end - range.start)
    }
}

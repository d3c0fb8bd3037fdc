//! Chance with a seed, so that a history can be had again.

use std::ops::Range;

/// A generator of numbers (xorshift64*).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds must not begin alike, and zero would stay zero.
        Chance(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number of a range that is not empty.
    pub fn among(&mut self, range: Range<usize>) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap_or_default();
        range.start + number % range.len().max(1)
    }

    /// Whether something happens that does so one time in so many.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.among(0..times) == 0
    }

    /// One of these, if there are any.
    pub fn of<T: Clone>(&mut self, these: &[T]) -> Option<T> {
        these.get(self.among(0..these.len().max(1))).cloned()
    }

    /// Some of these in a random order, at most so many.
    pub fn some<T: Clone>(&mut self, these: &[T], most: usize) -> Vec<T> {
        let mut left = these.to_vec();
        let mut chosen = Vec::new();
        while chosen.len() < most && !left.is_empty() {
            chosen.push(left.swap_remove(self.among(0..left.len())));
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn a_seed_tells_everything() {
        let throw = |seed| {
            let mut chance = Chance::new(seed);
            (0..50).map(|_| chance.among(3..9)).collect::<Vec<_>>()
        };
        assert_eq!(throw(7), throw(7));
        assert_ne!(throw(7), throw(8));
        assert!((3..9).all(|number| throw(7).contains(&number)), "{:?}", throw(7));
        let mut some = Chance::new(1).some(&[1, 2, 3], 5);
        some.sort_unstable();
        assert_eq!(some, [1, 2, 3]);
        assert_eq!(Chance::new(1).of::<u8>(&[]), None);
    }
}

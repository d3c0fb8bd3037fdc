//! How much each of many holds. Who holds nothing takes no memory.

use std::{collections::HashMap, hash::Hash};

/// Bytes by holder.
pub(super) struct Tally<K>(HashMap<K, usize>);

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Tally<K> {
    /// What somebody holds.
    pub fn of(&self, holder: &K) -> usize {
        self.0.get(holder).copied().unwrap_or_default()
    }

    /// How many hold something.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Somebody holds more.
    pub fn add(&mut self, holder: K, bytes: usize) {
        if bytes > 0 {
            *self.0.entry(holder).or_default() += bytes;
        }
    }

    /// Somebody holds less.
    pub fn take(&mut self, holder: &K, bytes: usize) {
        if let Some(held) = self.0.get_mut(holder) {
            *held -= bytes;
            if *held == 0 {
                self.0.remove(holder);
            }
        }
    }
}

//! The keys of users, of ours or as other servers tell them, as far as there is room for them in one answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ruma::{OwnedUserId, UserId};
use serde_json::{Map, Value, json};

use super::{UserKeys, bounds::ANSWER_BYTES};

/// What there is of users, ours or others.
#[derive(Debug)]
pub struct ManyKeys {
    most: usize,
    keys: BTreeMap<OwnedUserId, Arc<UserKeys>>,
    /// The same users by what there is of them.
    by_size: BTreeSet<(usize, OwnedUserId)>,
    bytes: usize,
    /// The servers that could not be asked, and those of which not all is told, with what is told of that.
    pub failures: Map<String, Value>,
}

impl Default for ManyKeys {
    fn default() -> Self {
        Self::at_most(ANSWER_BYTES)
    }
}

impl ManyKeys {
    /// Nothing yet, and no more than so many bytes.
    pub(super) fn at_most(most: usize) -> Self {
        Self { most, keys: BTreeMap::new(), by_size: BTreeSet::new(), bytes: 0, failures: Map::new() }
    }

    /// Adds the keys of a user. If it is too much then, those go of whom there is most: else those of a few could keep the keys
    /// of all others from whoever asks.
    ///
    /// Gives who had to go.
    pub fn add(&mut self, user_id: OwnedUserId, keys: Arc<UserKeys>) -> Vec<OwnedUserId> {
        self.remove(&user_id);
        let size = keys.bytes();
        self.bytes += size;
        self.by_size.insert((size, user_id.clone()));
        self.keys.insert(user_id, keys);
        let mut left_out = Vec::new();
        while self.bytes > self.most
            && let Some((size, user_id)) = self.by_size.pop_last()
        {
            self.bytes -= size;
            self.keys.remove(&user_id);
            let failure = json!({ "status": 413, "message": "too many keys for one answer" });
            self.failures.insert(user_id.server_name().to_string(), failure);
            left_out.push(user_id);
        }
        left_out
    }

    /// Whether the keys of a user are here.
    pub fn has(&self, user_id: &UserId) -> bool {
        self.keys.contains_key(user_id)
    }

    /// The keys, and what failed.
    pub(super) fn into_parts(self) -> (BTreeMap<OwnedUserId, Arc<UserKeys>>, Map<String, Value>) {
        (self.keys, self.failures)
    }

    fn remove(&mut self, user_id: &UserId) {
        if let Some(keys) = self.keys.remove(user_id) {
            let size = keys.bytes();
            self.bytes -= size;
            self.by_size.remove(&(size, user_id.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn user(number: usize, server: &str) -> OwnedUserId {
        UserId::parse(format!("@u{number}:{server}")).unwrap()
    }

    fn keys(bytes: usize) -> Arc<UserKeys> {
        let devices = BTreeMap::from([("DEVICE".to_owned(), "x".repeat(bytes))]);
        Arc::new(UserKeys { devices, ..UserKeys::default() })
    }

    #[test]
    fn if_it_is_too_much_those_go_of_whom_there_is_most() {
        let (large, small) = (keys(2 << 20), keys(3_000));
        let mut others = ManyKeys::default();
        let mut left_out = Vec::new();
        for number in 0..100 {
            left_out.extend(others.add(user(number, "greedy"), large.clone()));
            left_out.extend(others.add(user(number, "modest"), small.clone()));
            assert_eq!(others.bytes, others.keys.values().map(|keys| keys.bytes()).sum::<usize>());
            assert!(others.bytes <= ANSWER_BYTES);
        }
        assert!((0..100).all(|number| others.has(&user(number, "modest"))));
        assert!(left_out.iter().all(|user| user.server_name().as_str() == "greedy" && !others.has(user)));
        assert_eq!(others.keys.len() + left_out.len(), 200);
        assert_eq!(others.keys.len(), 100 + 63);
        assert_eq!(others.failures.keys().collect::<Vec<_>>(), ["greedy"]);
    }

    #[test]
    fn a_user_counts_once() {
        let mut others = ManyKeys::default();
        for bytes in [5_000, 5_000, 100] {
            assert!(others.add(user(1, "a"), keys(bytes)).is_empty());
        }
        assert_eq!((others.bytes, others.by_size.len()), (keys(100).bytes(), 1));
    }
}

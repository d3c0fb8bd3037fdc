//! What is kept in memory about users, and how it stays true: it follows the commits.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use quick_cache::{Weighter, sync::Cache};
use ruma::UserId;
use store::{Committed, LogKind, Observer};

use crate::{Preferences, Session, tokens::TokenHash};

/// Sessions kept in memory.
const SESSIONS: usize = 20_000;
/// Bytes of memory for preferences used lately.
const PREFERENCES_BYTES: u64 = 2 << 20;
/// Users of the usual preferences for whom that is enough.
const PREFERENCES: usize = 10_000;

/// Sessions and preferences in memory. It is an observer of the store: a commit that revokes a token or changes an
/// account empties what it concerns before the caller of that write, and so the client, hears of it.
pub struct Caches {
    sessions: Cache<TokenHash, Arc<Session>>,
    preferences: Cache<String, Arc<Preferences>, Weight>,
    /// Counts what was emptied. Who has read the database before, and adds to the cache after, must not.
    emptied: AtomicU64,
}

#[derive(Clone)]
struct Weight;

impl Weighter<String, Arc<Preferences>> for Weight {
    /// Bytes: of a hash table about half is in use.
    fn weight(&self, user_id: &String, preferences: &Arc<Preferences>) -> u64 {
        let ignored: usize = preferences.ignored.iter().map(|user| 64 + user.as_str().len()).sum();
        (128 + user_id.len() + ignored) as u64
    }
}

impl Default for Caches {
    fn default() -> Self {
        Self {
            sessions: Cache::new(SESSIONS),
            preferences: Cache::with_weighter(PREFERENCES, PREFERENCES_BYTES, Weight),
            emptied: AtomicU64::new(0),
        }
    }
}

impl Caches {
    /// To be taken before the database is read for something that will be cached.
    pub(crate) fn before_reading(&self) -> u64 {
        self.emptied.load(Ordering::SeqCst)
    }

    pub(crate) fn session(&self, hash: &TokenHash) -> Option<Arc<Session>> {
        self.sessions.get(hash)
    }

    /// Keeps a session, unless something was emptied since `before`, when the database was not yet read for it.
    pub(crate) fn keep_session(&self, hash: TokenHash, session: Arc<Session>, before: u64) {
        self.sessions.insert(hash, session);
        if self.before_reading() != before {
            self.sessions.remove(&hash);
        }
    }

    pub(crate) fn preferences(&self, user_id: &UserId) -> Option<Arc<Preferences>> {
        self.preferences.get(user_id.as_str())
    }

    /// Keeps preferences, under the same condition.
    pub(crate) fn keep_preferences(&self, user_id: &UserId, preferences: Arc<Preferences>, before: u64) {
        self.preferences.insert(user_id.as_str().to_owned(), preferences);
        if self.before_reading() != before {
            self.preferences.remove(user_id.as_str());
        }
    }
}

impl Observer for Caches {
    fn committed(&self, committed: &Committed) {
        let mut changed_accounts = HashSet::new();
        let mut changed_preferences = HashSet::new();
        for entry in &committed.entries {
            match (entry.kind, &entry.user, entry.room) {
                (LogKind::Account, Some(user), _) => changed_accounts.insert(user.as_str()),
                (LogKind::AccountData, Some(user), None) => changed_preferences.insert(user.as_str()),
                _ => continue,
            };
        }
        if changed_accounts.is_empty() && changed_preferences.is_empty() {
            return;
        }
        self.emptied.fetch_add(1, Ordering::SeqCst);
        if !changed_accounts.is_empty() {
            self.sessions.retain(|_, session| !changed_accounts.contains(session.user_id.as_str()));
        }
        for user in changed_accounts.union(&changed_preferences) {
            self.preferences.remove(*user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ignore_lists_do_not_fill_the_memory() {
        let caches = Caches::default();
        let ignored = (0..5_000).map(|i| UserId::parse(format!("@{i}:example.org")).unwrap()).collect();
        let large = Arc::new(Preferences { ignored, invites_blocked: false });
        for i in 0..100 {
            let user_id = UserId::parse(format!("@user{i}:example.org")).unwrap();
            caches.keep_preferences(&user_id, large.clone(), caches.before_reading());
        }
        assert!(caches.preferences.weight() <= PREFERENCES_BYTES && caches.preferences.len() < 10);
        let user_id = UserId::parse("@small:example.org").unwrap();
        caches.keep_preferences(&user_id, Arc::default(), caches.before_reading());
        assert!(caches.preferences(&user_id).is_some());
    }
}

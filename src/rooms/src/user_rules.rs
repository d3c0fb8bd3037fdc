//! The push rules of users who have some of their own, kept in memory. They follow the commits.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use events::push::{Outcome, PushEvent, Reader, Room, Ruleset};
use parking_lot::Mutex;
use quick_cache::{Weighter, sync::Cache};
use serde_json::Value;
use store::{
    Committed, Conn, LogKind,
    accounts::account_data::IS_RULES,
    push::{RuleTexts, rule_texts},
};

use crate::Result;

/// Bytes of rules that are kept.
const BYTES: u64 = 8 << 20;
/// Users of the usual rules for whom that is enough.
const USERS: usize = 20_000;
/// Changes that are remembered, for the rooms that must hear of them.
const CHANGES: usize = 4_096;

/// What a user has said about who may disturb them.
#[derive(Debug, Default)]
pub(crate) struct UserRules {
    /// None: the predefined ones.
    rules: Option<Ruleset>,
    ignored: HashSet<String>,
    pub invites_blocked: bool,
    bytes: usize,
}

impl UserRules {
    fn read(user_id: &str, texts: &RuleTexts) -> Self {
        let json = |text: &Option<String>| -> Value {
            text.as_ref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        };
        let rules = texts.push_rules.as_ref().map(|content| Ruleset::read(user_id, content));
        let rules = rules.filter(|rules| *rules != Ruleset::predefined(user_id));
        let ignored = json(&texts.ignored);
        let ignored = ignored.get("ignored_users").and_then(Value::as_object).into_iter().flatten();
        let ignored: HashSet<String> = ignored.map(|(user, _)| user.clone()).filter(|user| user != user_id).collect();
        let invites_blocked = json(&texts.invites).get("default_action").and_then(Value::as_str) == Some("block");
        let rule_bytes = if rules.is_some() { texts.push_rules.as_ref().map_or(0, String::len) * 3 } else { 0 };
        let bytes = 200 + rule_bytes + ignored.iter().map(|user| 64 + user.len()).sum::<usize>();
        Self { rules, ignored, invites_blocked, bytes }
    }

    /// Whether they say nothing else of events in a room than the predefined rules.
    pub fn are_usual(&self) -> bool {
        self.rules.is_none() && self.ignored.is_empty()
    }

    /// What they say of an event; none where that is what the predefined rules say.
    pub fn evaluate(&self, event: &PushEvent, reader: &Reader<'_>, room: &Room<'_>) -> Option<Outcome> {
        if self.ignored.contains(event.sender()) {
            return Some(Outcome::default());
        }
        self.rules.as_ref().map(|rules| rules.evaluate(event, reader, room))
    }
}

#[derive(Clone)]
struct Weight;
impl Weighter<String, Arc<UserRules>> for Weight {
    fn weight(&self, user_id: &String, rules: &Arc<UserRules>) -> u64 {
        (64 + user_id.len() + rules.bytes) as u64
    }
}

/// Counts the changes, and remembers the newest.
#[derive(Default)]
struct Changes {
    serial: u64,
    users: VecDeque<String>,
}

/// Rules of users by their id.
pub(crate) struct RuleCache {
    rules: Cache<String, Arc<UserRules>, Weight>,
    changes: Mutex<Changes>,
}

impl Default for RuleCache {
    fn default() -> Self {
        Self { rules: Cache::with_weighter(USERS, BYTES, Weight), changes: Mutex::default() }
    }
}

impl RuleCache {
    /// The rules of a user.
    pub fn get(&self, conn: &mut Conn, user_id: &str) -> Result<Arc<UserRules>> {
        if let Some(known) = self.rules.get(user_id) {
            return Ok(known);
        }
        let before = self.serial();
        let rules = Arc::new(UserRules::read(user_id, &rule_texts(conn, user_id)?));
        self.rules.insert(user_id.to_owned(), rules.clone());
        // A change that came while the database was read is not overwritten.
        if self.serial() != before {
            self.rules.remove(user_id);
        }
        Ok(rules)
    }

    /// How many changes there were.
    pub fn serial(&self) -> u64 {
        self.changes.lock().serial
    }

    /// Whose rules have changed since there were so many; none if that is too long ago.
    pub fn changed_since(&self, serial: u64) -> Option<Vec<String>> {
        let changes = self.changes.lock();
        let count = usize::try_from(changes.serial.saturating_sub(serial)).ok()?;
        let first = changes.users.len().checked_sub(count)?;
        let mut users: Vec<String> = changes.users.iter().skip(first).cloned().collect();
        users.sort_unstable();
        users.dedup();
        Some(users)
    }

    /// Takes note of a commit.
    pub fn committed(&self, committed: &Committed) {
        for entry in &committed.entries {
            let (LogKind::AccountData, None, Some(user), Some(IS_RULES)) =
                (entry.kind, entry.room, &entry.user, entry.row)
            else {
                continue;
            };
            let mut changes = self.changes.lock();
            changes.serial += 1;
            if changes.users.len() == CHANGES {
                changes.users.pop_front();
            }
            changes.users.push_back(user.clone());
            drop(changes);
            self.rules.remove(user);
        }
    }
}

//! Lazy members: only those who matter for what is told (client-server § Lazy-loading room members).

use std::collections::{BTreeSet, HashMap};

use quick_cache::sync::Cache;
use store::state::{NodeReader, get};

use super::{
    Section, Task, Work,
    changes::{Change, Key},
};
use crate::Result;

const MEMBER: &str = "m.room.member";
/// Members that are remembered, about 120 bytes each.
const REMEMBERED: usize = 10_000;

/// The membership events of those who spoke lately, by root of a state and user. A root means the same state for ever.
pub(crate) struct Members {
    events: Cache<String, Option<i64>>,
}

impl Default for Members {
    fn default() -> Self {
        Self { events: Cache::new(REMEMBERED) }
    }
}

impl Work<'_> {
    /// The membership events of who matters: the senders of the timeline, the heroes of a new summary, and the user
    /// where the whole state is told. Those that the device has already are left out.
    pub(super) fn members_for(&mut self, task: &Task, changes: &HashMap<Key<'_>, Change>) -> Result<Vec<i64>> {
        let mut users: BTreeSet<&str> = Self::senders(task).into_iter().collect();
        let summary = task.summary.clone();
        if let Some(summary) = &summary {
            users.extend(summary.heroes(self.question.user.as_str()).map(|(user, _)| user));
        }
        if task.full && task.section == Section::Join {
            users.insert(self.question.user.as_str());
        }
        let mut nids = Vec::with_capacity(users.len());
        for user in users {
            let key = (MEMBER, user);
            let nid = match changes.get(&key) {
                Some(change) => self.told(task, key, *change),
                None => self.member(task.root, user)?,
            };
            nids.extend(nid);
        }
        if !task.full && !self.question.filter.redundant_members {
            nids.retain(|nid| !self.sources.sent.knows(self.question, *nid));
        }
        Ok(nids)
    }

    /// The membership event of a user in the state of this root.
    fn member(&mut self, root: i64, user_id: &str) -> Result<Option<i64>> {
        let key = format!("{root} {user_id}");
        let known = &self.sources.members.events;
        if let Some(event) = known.get(&key) {
            return Ok(event);
        }
        let event = self.holder(root, MEMBER, user_id)?;
        known.insert(key, event);
        Ok(event)
    }

    /// The event that holds a key in the state of this root.
    pub(super) fn holder(&mut self, root: i64, event_type: &str, state_key: &str) -> Result<Option<i64>> {
        let rooms = &self.sources.rooms;
        let Some(key) = rooms.state_key(self.conn.open()?, event_type, state_key)? else { return Ok(None) };
        Ok(get(&mut NodeReader::new(self.conn.open()?, rooms.nodes()), root, key)?)
    }
}

//! Presence: who of those who share a room with the user has come or gone.

use store::accounts::user_directory::sharing_a_room;

use super::Work;
use crate::{Result, ephemeral::Shown};

/// Users whom one query is asked about.
const USERS: usize = 1_000;

impl Work<'_> {
    /// What the client does not know of others' presence.
    pub(super) fn read_presence(&mut self) -> Result<Vec<Shown>> {
        let filter = &self.question.filter.presence;
        let ephemeral = &self.sources.follower.ephemeral;
        let limit = filter.limit.unwrap_or(usize::MAX);
        if limit == 0 || !filter.events.allows_type("m.presence") {
            return Ok(Vec::new());
        }
        let mut others = match self.question.since {
            None => ephemeral.presences(|presences| presences.present()),
            Some(_) => ephemeral.presences(|presences| presences.announced_since(self.question.known.serial)),
        };
        others.retain(|other| filter.events.allows_sender(other) && !self.ignores(other));
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let mut shared = self.sharing(others)?;
        shared.truncate(limit);
        let now = self.question.now;
        Ok(ephemeral.presences(|presences| {
            let shown = |user_id: String| Shown { content: presences.get(&user_id, now), user_id };
            shared.into_iter().map(shown).collect()
        }))
    }

    /// Those of these users who share a room with the user, who is one of them.
    fn sharing(&mut self, others: Vec<String>) -> Result<Vec<String>> {
        let user = self.question.user.as_str();
        let (mut shared, unknown) = self.sources.follower.watches.sharing(user, others);
        for unknown in unknown.chunks(USERS) {
            shared.extend(sharing_a_room(self.conn.open()?, user, unknown)?);
        }
        Ok(shared)
    }
}

//! What changes in memory only, for those who tell other servers of it.

use tokio::sync::broadcast;

use super::{Ephemeral, PresenceContent};

/// Changes that wait for those who listen; who is slower misses the oldest.
pub(super) const WAITING: usize = 1_024;

/// A change of what is in memory only, of whatever user.
#[derive(Clone, Debug)]
pub enum EphemeralChange {
    /// A user types in a room, still or from now on, or does not any more.
    Typing {
        /// The room's number.
        room: i64,
        /// Who.
        user_id: String,
        /// Whether they do.
        typing: bool,
    },
    /// Whether a user is online is another thing now.
    Presence {
        /// Who.
        user_id: String,
        /// What is told of them.
        content: PresenceContent,
    },
}

impl Ephemeral {
    /// Hears of all changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<EphemeralChange> {
        self.changes.subscribe()
    }

    pub(super) fn tell_typing(&self, room: i64, user_id: &str, typing: bool) {
        self.tell(|| EphemeralChange::Typing { room, user_id: user_id.to_owned(), typing });
    }

    /// Tells of a change, if anybody listens.
    pub(super) fn tell(&self, change: impl FnOnce() -> EphemeralChange) {
        if self.changes.receiver_count() > 0 {
            // They may have gone away just now.
            let _ = self.changes.send(change());
        }
    }
}

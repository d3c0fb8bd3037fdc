//! What other servers say of users of their own.

use ruma::OwnedUserId;

use super::{PresenceState, Presences, USERS, user::Heard};

/// What another server says of a user of its own.
#[derive(Clone, Debug)]
pub struct HeardPresence {
    /// The user.
    pub user_id: OwnedUserId,
    /// Whether they are there.
    pub state: PresenceState,
    /// Milliseconds since they did something.
    pub last_active_ago: i64,
    /// Whether they do something now.
    pub currently_active: bool,
    /// What they say of themselves.
    pub status_msg: Option<String>,
}

impl Presences {
    /// Takes note of it. Where too many are known already it is dropped.
    pub fn hear(&mut self, heard: HeardPresence, now: i64) {
        let HeardPresence { user_id, state, last_active_ago, currently_active, status_msg } = heard;
        let is_full =
            |presences: &Self| presences.users.len() >= USERS && !presences.users.contains_key(user_id.as_str());
        if is_full(self) {
            self.forget(now);
        }
        if !self.enabled || is_full(self) {
            return;
        }
        let user = self.users.entry(user_id.to_string()).or_default();
        user.last_active = now - last_active_ago.clamp(0, now);
        user.heard = (state != PresenceState::Offline).then_some(Heard { state, currently_active, at: now });
        user.status_msg = status_msg;
        self.touch(user_id.as_str());
    }
}

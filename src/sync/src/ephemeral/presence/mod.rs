//! Who is online (client-server § Presence): of each user the devices that sync, and what was last told of that.
//!
//! What happens to a user is only noted; now and then whoever has changed is announced. So a user who comes and goes
//! costs others nothing, and who is active all the time is told of once.

mod heard;
#[cfg(test)]
mod tests;
mod user;

use std::collections::{BTreeMap, HashMap, HashSet};

use ruma::DeviceId;
use serde::Serialize;
use store::presence::PresenceRow;

use super::Serials;
pub use heard::HeardPresence;
use user::User;

/// Users of whom something is kept, about 300 bytes each; beyond it those go who are offline and say nothing.
const USERS: usize = 50_000;
/// Whether a user is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PresenceState {
    /// Not connected, or does not want to seem so.
    #[default]
    Offline,
    /// Connected, but idle.
    Unavailable,
    /// There.
    Online,
}

/// What is told of a user's presence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PresenceContent {
    /// Whether the user is there.
    pub presence: PresenceState,
    /// Milliseconds since they did something, if they ever did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_active_ago: Option<i64>,
    /// Whether they do something now; only of who is online.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currently_active: Option<bool>,
    /// What they say of themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_msg: Option<String>,
}

/// A user and their presence.
pub(crate) struct Shown {
    pub user_id: String,
    pub content: PresenceContent,
}

/// A change to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Announcement {
    pub user_id: String,
    pub serial: i64,
    /// Whether those who wait should hear of it at once. Of who is but more or less active they hear with the rest.
    pub loud: bool,
}

/// What is known of all users.
#[derive(Default)]
pub(crate) struct Presences {
    enabled: bool,
    users: HashMap<String, User>,
    /// The users who were announced, by the number of the newest announcement.
    announced: BTreeMap<i64, String>,
    /// Who may have changed since.
    touched: HashSet<String>,
}

impl Presences {
    /// From now on presence is followed.
    pub fn enable(&mut self) {
        self.enabled = true;
    }

    /// Whether presence is followed.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Whether something waits to be announced.
    pub fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Notes presence as it was before the server started. Who was online has a while to come back.
    pub fn load(&mut self, rows: Vec<PresenceRow>, now: i64, serials: &Serials<'_>) {
        for PresenceRow { user_id, online, last_active_at, status_msg } in rows {
            let announced = &mut self.announced;
            let user = self.users.entry(user_id.clone()).or_insert_with(|| User { status_msg, ..User::default() });
            user.last_active = user.last_active.max(last_active_at);
            user.saved_online = online;
            if online && user.devices.is_empty() {
                user.connect("", PresenceState::Unavailable, now);
                user.told = user.now(now);
                user.serial = serials.next();
                announced.insert(user.serial, user_id);
            }
        }
    }

    /// A sync of a device begins, which says so of its presence. Where this gives true, [`Self::disconnected`] must follow.
    pub fn connected(&mut self, user_id: &str, device: &DeviceId, state: PresenceState, now: i64) -> bool {
        if !self.enabled || state == PresenceState::Offline {
            return false;
        }
        let Some(user) = self.user(user_id, now) else { return false };
        let Some(device) = user.connect(device.as_str(), state, now) else { return false };
        let was = device.state;
        device.seen = now;
        device.syncs += 1;
        // Whoever was idle for too long is not there only because a program goes on syncing.
        if !(device.idle && state == PresenceState::Online) {
            (device.state, device.idle) = (state, false);
        }
        if device.state == PresenceState::Online && was != PresenceState::Online {
            device.active = now;
            user.last_active = now;
        }
        if user.now(now) != user.told {
            self.touch(user_id);
        }
        true
    }

    /// A sync of a device has ended.
    pub fn disconnected(&mut self, user_id: &str, device: &DeviceId, now: i64) {
        if let Some(device) = self.users.get_mut(user_id).and_then(|user| user.device(device.as_str())) {
            device.syncs = device.syncs.saturating_sub(1);
            device.seen = device.seen.max(now);
        }
    }

    /// A user did something. One who is offline, or wants to seem so, stays it.
    pub fn active(&mut self, user_id: &str, device: &str, now: i64) {
        let Some(user) = self.users.get_mut(user_id) else { return };
        let Some(device) = user.device(device) else { return };
        (device.state, device.idle, device.active) = (PresenceState::Online, false, device.active.max(now));
        user.last_active = user.last_active.max(now);
        if user.now(now) != user.told {
            self.touch(user_id);
        }
    }

    /// A user sets their presence on a device, and what they say of themselves. Gives the row to be saved where the
    /// latter is new.
    pub fn set(
        &mut self,
        user_id: &str,
        device: &DeviceId,
        state: PresenceState,
        status_msg: Option<String>,
        now: i64,
    ) -> Option<PresenceRow> {
        let user = self.user(user_id, now)?;
        user.last_active = user.last_active.max(now);
        if state == PresenceState::Offline {
            user.devices.retain(|other| other.id != device.as_str());
        } else if let Some(device) = user.connect(device.as_str(), state, now) {
            (device.state, device.idle, device.seen, device.active) = (state, false, now, now);
        }
        let is_new = user.status_msg != status_msg;
        user.status_msg = status_msg;
        let row = is_new.then(|| user.row(user_id));
        self.touch(user_id);
        row
    }

    /// The presence of a user.
    pub fn get(&self, user_id: &str, now: i64) -> PresenceContent {
        self.users.get(user_id).map(|user| user.content(now)).unwrap_or_default()
    }

    /// Numbers the changes that others do not know yet.
    pub fn announce(&mut self, now: i64, serials: &Serials<'_>) -> Vec<Announcement> {
        for (user_id, user) in self.users.iter_mut().filter(|(_, user)| user.is_there()) {
            user.age(now);
            if user.now(now) != user.told {
                self.touched.insert(user_id.clone());
            }
        }
        let mut announcements = Vec::new();
        for user_id in std::mem::take(&mut self.touched) {
            let Some(user) = self.users.get_mut(&user_id) else { continue };
            let (told, before) = (user.now(now), user.told.clone());
            if told == before {
                continue;
            }
            let loud = told.state != before.state || told.status_msg != before.status_msg;
            user.told = told;
            self.announced.remove(&user.serial);
            user.serial = serials.next();
            self.announced.insert(user.serial, user_id.clone());
            announcements.push(Announcement { user_id, serial: user.serial, loud });
        }
        announcements
    }

    /// Those who were announced after a number.
    pub fn announced_since(&self, serial: i64) -> Vec<String> {
        if !self.enabled {
            return Vec::new();
        }
        self.announced.range(serial.saturating_add(1)..).map(|(_, user)| user.clone()).collect()
    }

    /// Those who are there.
    pub fn present(&self) -> Vec<String> {
        let there = self.users.iter().filter(|(_, user)| user.is_there());
        there.map(|(user, _)| user.clone()).collect()
    }

    /// The rows that the database does not have: who has come online or gone since.
    pub fn unsaved(&mut self) -> Vec<PresenceRow> {
        let mut rows = Vec::new();
        for (user_id, user) in &mut self.users {
            let online = !user.devices.is_empty();
            if online != user.saved_online {
                user.saved_online = online;
                rows.push(user.row(user_id));
            }
        }
        rows
    }

    /// The entry of a user.
    fn user(&mut self, user_id: &str, now: i64) -> Option<&mut User> {
        if !self.enabled {
            return None;
        }
        if self.users.len() >= USERS && !self.users.contains_key(user_id) {
            self.forget(now);
        }
        Some(self.users.entry(user_id.to_owned()).or_default())
    }

    /// Forgets those who have long been offline and say nothing.
    fn forget(&mut self, now: i64) {
        let announced = &mut self.announced;
        self.users.retain(|_, user| {
            let goes = user.is_forgettable(now);
            if goes {
                announced.remove(&user.serial);
            }
            !goes
        });
    }

    fn touch(&mut self, user_id: &str) {
        if !self.touched.contains(user_id) {
            self.touched.insert(user_id.to_owned());
        }
    }
}

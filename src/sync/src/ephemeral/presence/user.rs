//! One user: the devices that sync, and what others were told.

use store::presence::PresenceRow;

use super::{PresenceContent, PresenceState};

/// How long a device counts as connected after its last sync, in milliseconds.
pub(super) const CONNECTED: i64 = 30_000;
/// How long a user is online without doing anything, in milliseconds.
pub(super) const IDLE: i64 = 5 * 60_000;
/// How long a user counts as active after doing something, in milliseconds.
const ACTIVE: i64 = 60_000;
/// How long holds what another server said of a user of its own; it says so again sooner.
const HEARD: i64 = 35 * 60_000;
/// Devices of a user that are looked at.
const DEVICES: usize = 50;

/// A device that is not offline.
pub(super) struct Device {
    pub id: String,
    pub state: PresenceState,
    /// Whether it was we who took it for idle.
    pub idle: bool,
    /// Syncs that wait.
    pub syncs: u32,
    pub seen: i64,
    pub active: i64,
}

/// What another server said of a user of its own who is not offline.
pub(super) struct Heard {
    pub state: PresenceState,
    pub currently_active: bool,
    /// When it said so.
    pub at: i64,
}

/// What others know.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub state: PresenceState,
    pub status_msg: Option<String>,
    pub currently_active: bool,
}

#[derive(Default)]
pub(super) struct User {
    pub devices: Vec<Device>,
    /// Of a user of another server; they have no devices here.
    pub heard: Option<Heard>,
    pub last_active: i64,
    pub status_msg: Option<String>,
    pub told: Told,
    /// The number of the newest announcement; zero if there was none.
    pub serial: i64,
    /// Whether the database says that they are online.
    pub saved_online: bool,
}

impl User {
    pub fn state(&self) -> PresenceState {
        let heard = self.heard.as_ref().map(|heard| heard.state);
        self.devices.iter().map(|device| device.state).chain(heard).max().unwrap_or_default()
    }

    /// Whether they may be anything but offline.
    pub fn is_there(&self) -> bool {
        !self.devices.is_empty() || self.heard.is_some()
    }

    /// What is to be told now.
    pub fn now(&self, now: i64) -> Told {
        let state = self.state();
        let active = match &self.heard {
            Some(heard) => heard.currently_active,
            None => now - self.last_active < ACTIVE,
        };
        let currently_active = state == PresenceState::Online && active;
        Told { state, status_msg: self.status_msg.clone(), currently_active }
    }

    /// Lets go of devices that went away, and takes others for idle.
    pub fn age(&mut self, now: i64) {
        self.devices.retain(|device| device.syncs > 0 || now - device.seen <= CONNECTED);
        self.heard.take_if(|heard| now - heard.at > HEARD);
        for device in &mut self.devices {
            if device.state == PresenceState::Online && now - device.active > IDLE {
                (device.state, device.idle) = (PresenceState::Unavailable, true);
            }
        }
    }

    pub fn device(&mut self, id: &str) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.id == id)
    }

    /// The device of this id, which is put among the others if it was offline.
    pub fn connect(&mut self, id: &str, state: PresenceState, now: i64) -> Option<&mut Device> {
        if self.device(id).is_none() {
            if self.devices.len() >= DEVICES {
                return None;
            }
            self.devices.push(Device { id: id.to_owned(), state, idle: false, syncs: 0, seen: now, active: now });
            if state == PresenceState::Online {
                self.last_active = self.last_active.max(now);
            }
        }
        self.device(id)
    }

    /// What is told of the user.
    pub fn content(&self, now: i64) -> PresenceContent {
        let Told { state, status_msg, currently_active } = self.now(now);
        PresenceContent {
            presence: state,
            last_active_ago: (self.last_active > 0).then(|| (now - self.last_active).max(0)),
            currently_active: (state == PresenceState::Online).then_some(currently_active),
            status_msg,
        }
    }

    /// Whether there is nothing to be kept of a user who has long been offline and says nothing.
    pub fn is_forgettable(&self, now: i64) -> bool {
        !self.is_there() && self.status_msg.is_none() && now - self.last_active >= 2 * IDLE
    }

    /// What the database is told.
    pub fn row(&self, user_id: &str) -> PresenceRow {
        PresenceRow {
            user_id: user_id.to_owned(),
            online: self.saved_online,
            last_active_at: self.last_active,
            status_msg: self.status_msg.clone(),
        }
    }
}

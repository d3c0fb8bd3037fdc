//! Who is online (client-server § Presence): of each user the devices that sync, and what was last told of that.
//!
//! What happens to a user is only noted; now and then whoever has changed is announced. So a user who comes and goes
//! costs others nothing, and who is active all the time is told of once.

use std::collections::{BTreeMap, HashMap, HashSet};

use ruma::DeviceId;
use serde::Serialize;
use store::presence::PresenceRow;

use super::Serials;

/// How long a device counts as connected after its last sync, in milliseconds.
const CONNECTED: i64 = 30_000;
/// How long a user is online without doing anything, in milliseconds.
const IDLE: i64 = 5 * 60_000;
/// How long a user counts as active after doing something, in milliseconds.
const ACTIVE: i64 = 60_000;
/// Users of whom something is kept, about 300 bytes each; beyond it those go who are offline and say nothing.
const USERS: usize = 50_000;
/// Devices of a user that are looked at.
const DEVICES: usize = 50;

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

/// A device that is not offline.
struct Device {
    id: String,
    state: PresenceState,
    /// Whether it was we who took it for idle.
    idle: bool,
    /// Syncs that wait.
    syncs: u32,
    seen: i64,
    active: i64,
}

/// What others know.
#[derive(Clone, Default, PartialEq, Eq)]
struct Told {
    state: PresenceState,
    status_msg: Option<String>,
    currently_active: bool,
}

#[derive(Default)]
struct User {
    devices: Vec<Device>,
    last_active: i64,
    status_msg: Option<String>,
    told: Told,
    /// The number of the newest announcement; zero if there was none.
    serial: i64,
    /// Whether the database says that they are online.
    saved_online: bool,
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

impl User {
    fn state(&self) -> PresenceState {
        self.devices.iter().map(|device| device.state).max().unwrap_or_default()
    }

    /// What is to be told now.
    fn now(&self, now: i64) -> Told {
        let state = self.state();
        let currently_active = state == PresenceState::Online && now - self.last_active < ACTIVE;
        Told { state, status_msg: self.status_msg.clone(), currently_active }
    }

    /// Lets go of devices that went away, and takes others for idle.
    fn age(&mut self, now: i64) {
        self.devices.retain(|device| device.syncs > 0 || now - device.seen <= CONNECTED);
        for device in &mut self.devices {
            if device.state == PresenceState::Online && now - device.active > IDLE {
                (device.state, device.idle) = (PresenceState::Unavailable, true);
            }
        }
    }

    fn device(&mut self, id: &str) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.id == id)
    }

    /// The device of this id, which is put among the others if it was offline.
    fn connect(&mut self, id: &str, state: PresenceState, now: i64) -> Option<&mut Device> {
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

    fn content(&self, now: i64) -> PresenceContent {
        let Told { state, status_msg, currently_active } = self.now(now);
        PresenceContent {
            presence: state,
            last_active_ago: (self.last_active > 0).then(|| (now - self.last_active).max(0)),
            currently_active: (state == PresenceState::Online).then_some(currently_active),
            status_msg,
        }
    }
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
        let row = is_new.then(|| row(user_id, user));
        self.touch(user_id);
        row
    }

    /// The presence of a user.
    pub fn get(&self, user_id: &str, now: i64) -> PresenceContent {
        self.users.get(user_id).map(|user| user.content(now)).unwrap_or_default()
    }

    /// Numbers the changes that others do not know yet.
    pub fn announce(&mut self, now: i64, serials: &Serials<'_>) -> Vec<Announcement> {
        for (user_id, user) in self.users.iter_mut().filter(|(_, user)| !user.devices.is_empty()) {
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
        let there = self.users.iter().filter(|(_, user)| !user.devices.is_empty());
        there.map(|(user, _)| user.clone()).collect()
    }

    /// The rows that the database does not have: who has come online or gone since.
    pub fn unsaved(&mut self) -> Vec<PresenceRow> {
        let mut rows = Vec::new();
        for (user_id, user) in &mut self.users {
            let online = !user.devices.is_empty();
            if online != user.saved_online {
                user.saved_online = online;
                rows.push(row(user_id, user));
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
            let stays = !user.devices.is_empty() || user.status_msg.is_some() || now - user.last_active < 2 * IDLE;
            if !stays {
                announced.remove(&user.serial);
            }
            stays
        });
    }

    fn touch(&mut self, user_id: &str) {
        if !self.touched.contains(user_id) {
            self.touched.insert(user_id.to_owned());
        }
    }
}

fn row(user_id: &str, user: &User) -> PresenceRow {
    PresenceRow {
        user_id: user_id.to_owned(),
        online: user.saved_online,
        last_active_at: user.last_active,
        status_msg: user.status_msg.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use ruma::device_id;

    use super::*;

    const ALICE: &str = "@alice:b";

    fn presences() -> Presences {
        Presences { enabled: true, ..Presences::default() }
    }

    fn state(presences: &Presences, now: i64) -> (PresenceState, Option<bool>) {
        let content = presences.get(ALICE, now);
        (content.presence, content.currently_active)
    }

    #[test]
    fn a_device_is_online_idle_and_gone() {
        let (counter, phone) = (AtomicI64::new(0), device_id!("PHONE"));
        let serials = Serials(&counter);
        let mut all = presences();
        let announced = |all: &mut Presences, now| {
            all.announce(now, &serials).into_iter().map(|it| (it.serial, it.loud)).collect::<Vec<_>>()
        };
        assert!(!all.connected(ALICE, phone, PresenceState::Offline, 1));
        assert!(all.connected(ALICE, phone, PresenceState::Online, 1_000));
        assert_eq!(announced(&mut all, 2_000), [(1, true)]);
        assert_eq!(state(&all, 2_000), (PresenceState::Online, Some(true)));
        // Nothing is told as long as nothing changes, or only how long ago it was.
        all.active(ALICE, "PHONE", 50_000);
        assert_eq!(announced(&mut all, 50_000), []);
        assert_eq!(announced(&mut all, 111_000), [(2, false)]);
        assert_eq!(announced(&mut all, 50_001 + IDLE), [(3, true)]);
        assert_eq!(state(&all, 50_001 + IDLE), (PresenceState::Unavailable, None));
        // To go on syncing is not to be there; to do something is.
        assert!(all.connected(ALICE, phone, PresenceState::Online, 400_000));
        assert_eq!(state(&all, 400_000).0, PresenceState::Unavailable);
        all.active(ALICE, "PHONE", 400_001);
        assert_eq!(state(&all, 400_001), (PresenceState::Online, Some(true)));
        all.disconnected(ALICE, phone, 400_002);
        assert_eq!(announced(&mut all, 400_003), [(4, true)]);
        // One sync still waits.
        assert_eq!(announced(&mut all, 440_000), []);
        all.disconnected(ALICE, phone, 440_000);
        assert_eq!(announced(&mut all, 440_001 + CONNECTED), [(5, true)]);
        assert_eq!(all.get(ALICE, 480_000).last_active_ago, Some(79_999));
        assert_eq!((all.announced_since(4), all.announced_since(5)), (vec![ALICE.to_owned()], vec![]));
    }

    #[test]
    fn what_is_set_holds_and_a_sync_says_something_else() {
        let (phone, laptop) = (device_id!("PHONE"), device_id!("LAPTOP"));
        let mut all = presences();
        let lunch = || Some("lunch".to_owned());
        assert!(all.set(ALICE, phone, PresenceState::Unavailable, lunch(), 1_000).is_some());
        assert!(all.set(ALICE, phone, PresenceState::Unavailable, lunch(), 1_000).is_none());
        assert_eq!(state(&all, 1_000).0, PresenceState::Unavailable);
        assert!(all.connected(ALICE, laptop, PresenceState::Unavailable, 1_000));
        assert!(all.connected(ALICE, phone, PresenceState::Online, 1_000));
        assert_eq!(state(&all, 1_000).0, PresenceState::Online);
        all.set(ALICE, phone, PresenceState::Offline, lunch(), 2_000);
        assert_eq!(state(&all, 2_000).0, PresenceState::Unavailable);
        all.set(ALICE, laptop, PresenceState::Offline, lunch(), 2_000);
        assert_eq!(state(&all, 2_000).0, PresenceState::Offline);
        // Who wants to seem offline does, whatever they send.
        all.active(ALICE, "PHONE", 3_000);
        assert_eq!(all.get(ALICE, 3_000).presence, PresenceState::Offline);
        assert_eq!(all.get(ALICE, 3_000).status_msg, lunch());
    }

    #[test]
    fn who_was_online_before_a_restart_has_a_while() {
        let counter = AtomicI64::new(100);
        let serials = Serials(&counter);
        let row = |user: &str, online| PresenceRow {
            user_id: user.into(),
            online,
            last_active_at: 7,
            status_msg: Some("s".into()),
        };
        let mut all = presences();
        all.load(vec![row(ALICE, true), row("@bob:b", false)], 1_000, &serials);
        assert_eq!((all.present(), all.announced_since(0)), (vec![ALICE.to_owned()], vec![ALICE.to_owned()]));
        assert_eq!(all.unsaved(), []);
        assert_eq!(all.announce(1_001 + CONNECTED, &serials).len(), 1);
        assert_eq!(all.get(ALICE, 40_000).presence, PresenceState::Offline);
        assert_eq!(all.unsaved(), [row(ALICE, false)]);
    }

    #[test]
    fn without_presence_nothing_is_known() {
        let mut all = Presences::default();
        assert!(!all.connected(ALICE, device_id!("D"), PresenceState::Online, 1));
        assert!(all.set(ALICE, device_id!("D"), PresenceState::Online, Some("x".into()), 1).is_none());
        assert_eq!(all.get(ALICE, 1), PresenceContent::default());
    }
}

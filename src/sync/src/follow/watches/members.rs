//! Which users are in which rooms, followed from commit to commit.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

use serde::Deserialize;
use store::{
    LogEntry,
    rooms::{EventFlags, EventRow, Membership},
};
use tokio::sync::watch;

use super::{
    super::Pace,
    watch::{Newest, Watch},
};

/// What a user takes: mostly what wakes them.
const USER: usize = 800;
/// What each joined room of a user takes: a number there, a reference in the room, and a share of the room itself.
const ROOM: usize = 48;
/// Changes of membership that a reading of a user's rooms may have to be told of; beyond it another is begun.
const MEANWHILE: usize = 1_000;

/// A user's joined rooms, as far as they are known.
pub(super) enum Rooms {
    /// They must be read. What happens meanwhile is noted: (room, joined).
    Unknown { reading: u64, meanwhile: Vec<(i64, bool)> },
    /// Followed from commit to commit.
    Known(HashSet<i64>),
}

/// A user who syncs.
pub(super) struct User {
    pub watch: Arc<Watch>,
    pub rooms: Rooms,
    /// The position at which they were read.
    pub followed_from: i64,
}

/// All of them.
#[derive(Default)]
pub(super) struct Members {
    /// The newest position seen.
    pub position: i64,
    pub users: HashMap<String, User>,
    /// The watched members of rooms.
    pub members: HashMap<i64, Vec<Arc<Watch>>>,
    /// What all this takes, as bounded by [`super::BYTES`].
    pub bytes: usize,
    readings: u64,
}

impl Members {
    /// Wakes the members of rooms in which others have read something, each room as often as its size allows. Says whether
    /// there are rooms that must rest.
    pub fn read_by_others(&self, mut rooms: Vec<i64>, pace: &Pace) -> bool {
        rooms.sort_unstable();
        rooms.dedup();
        let now = Instant::now();
        let mut rests = false;
        for room in rooms {
            let Some(members) = self.members.get(&room) else { continue };
            let may_wake = pace.may_wake(room, members.len(), now);
            rests |= !may_wake;
            for watch in members {
                if may_wake { watch.wake(self.position) } else { watch.note(self.position) }
            }
        }
        rests
    }

    /// Begins to watch a user; gives the number of a reading of the joined rooms.
    pub fn begin(&mut self, user_id: &str) -> u64 {
        self.readings += 1;
        let reading = self.readings;
        let position = self.position;
        let user = self.users.entry(user_id.to_owned()).or_insert_with(|| {
            self.bytes += USER;
            let watch = Watch { newest: watch::Sender::new(Newest { position, serial: 0 }), used: AtomicU64::new(0) };
            let rooms = Rooms::Unknown { reading, meanwhile: Vec::new() };
            User { watch: Arc::new(watch), rooms, followed_from: 0 }
        });
        // Readings of several devices of one user share what came meanwhile, or each would spoil the other's.
        match &user.rooms {
            Rooms::Unknown { reading, meanwhile } if meanwhile.len() < MEANWHILE => *reading,
            _ => {
                user.rooms = Rooms::Unknown { reading, meanwhile: Vec::new() };
                reading
            }
        }
    }

    /// Takes the joined rooms that a reading has found.
    pub fn read(&mut self, user_id: &str, reading: u64, mut joined: HashSet<i64>, position: i64, serial: &AtomicI64) {
        // Only commits that were announced count for everybody: this snapshot may be ahead of them.
        let newest = self.position.max(position);
        let Some(user) = self.users.get_mut(user_id) else { return };
        match &mut user.rooms {
            Rooms::Unknown { reading: newest, meanwhile } if *newest == reading => {
                for (room, is_joined) in meanwhile.drain(..) {
                    if is_joined {
                        joined.insert(room)
                    } else {
                        joined.remove(&room)
                    };
                }
            }
            // Another reading has begun since, or is done.
            _ => return,
        }
        for room in &joined {
            self.members.entry(*room).or_default().push(user.watch.clone());
        }
        self.bytes += ROOM * joined.len();
        // Changes in memory after this one find the user among the members.
        user.watch.newest.send_replace(Newest { position: newest, serial: serial.load(Ordering::SeqCst) });
        user.rooms = Rooms::Known(joined);
        user.followed_from = position;
    }

    /// Wakes a user.
    pub fn wake(&mut self, user_id: &str, position: i64) {
        if let Some(user) = self.users.get(user_id) {
            user.watch.wake(position);
        }
    }

    /// Follows a change of membership.
    pub fn member_changed(&mut self, entry: &LogEntry, room: i64, user_id: &str, event: Option<&EventRow>) {
        let position = self.position.max(entry.position);
        let Some(user) = self.users.get_mut(user_id) else { return };
        user.watch.wake(position);
        let joined = event.and_then(|event| says_joined(event, user_id));
        match (&mut user.rooms, joined) {
            (Rooms::Unknown { meanwhile, .. }, Some(joined)) if meanwhile.len() < MEANWHILE => {
                meanwhile.push((room, joined));
            }
            (Rooms::Known(rooms), Some(true)) => {
                if rooms.insert(room) {
                    self.members.entry(room).or_default().push(user.watch.clone());
                    self.bytes += ROOM;
                }
            }
            (Rooms::Known(rooms), Some(false)) => {
                if rooms.remove(&room) {
                    let watch = user.watch.clone();
                    self.leave(room, &watch);
                }
            }
            // State resolution spoke, or more happens than is noted: the rooms are read anew.
            (Rooms::Unknown { .. }, Some(_)) | (_, None) => self.unlearn(user_id),
        }
    }

    fn leave(&mut self, room: i64, watch: &Arc<Watch>) {
        if let Some(members) = self.members.get_mut(&room) {
            members.retain(|member| !Arc::ptr_eq(member, watch));
            self.bytes = self.bytes.saturating_sub(ROOM);
            if members.is_empty() {
                self.members.remove(&room);
            } else if members.len() < members.capacity() / 4 {
                members.shrink_to(members.len() * 2);
            }
        }
    }

    /// Forgets which rooms a user has joined. Who waits goes on waiting, and reads them when woken.
    fn unlearn(&mut self, user_id: &str) {
        let Some(user) = self.users.get_mut(user_id) else { return };
        let reading = self.readings + 1;
        let unknown = Rooms::Unknown { reading, meanwhile: Vec::new() };
        let known = std::mem::replace(&mut user.rooms, unknown);
        let watch = user.watch.clone();
        self.readings = reading;
        if let Rooms::Known(rooms) = known {
            for room in rooms {
                self.leave(room, &watch);
            }
        }
    }

    /// Forgets the half of those who wait for nothing that were used longest ago.
    pub fn forget_idle(&mut self) {
        let idle = self.users.iter().filter(|(_, user)| user.watch.newest.receiver_count() == 0);
        let mut idle: Vec<(u64, String)> =
            idle.map(|(id, user)| (user.watch.used.load(Ordering::Relaxed), id.clone())).collect();
        idle.sort_unstable();
        idle.truncate(idle.len().div_ceil(2));
        for (_, user_id) in idle {
            self.unlearn(&user_id);
            self.users.remove(&user_id);
            self.bytes = self.bytes.saturating_sub(USER);
        }
    }
}

/// Whether an event is the membership of this user, and if so whether it says that they are joined.
fn says_joined(event: &EventRow, user_id: &str) -> Option<bool> {
    #[derive(Deserialize)]
    struct Event {
        content: Content,
    }
    #[derive(Deserialize)]
    struct Content {
        membership: String,
    }
    let is_theirs = event.event_type == "m.room.member" && event.state_key.as_deref() == Some(user_id);
    if !is_theirs || !EventFlags(event.flags).is_visible() {
        return None;
    }
    let event: Event = serde_json::from_str(&event.json).ok()?;
    Some(Membership::from_word(&event.content.membership) == Some(Membership::Join))
}

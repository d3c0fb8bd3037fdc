//! Who must be woken by what: for each user who syncs, the joined rooms and the position of what came last.
//!
//! It costs each commit one look per room and one number per user of ours in it, and each waiting sync one receiver,
//! however many rooms its user has.

mod members;
mod watch;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use store::{Committed, LogKind, receipts::ReceiptKind};
use tokio::sync::watch as channel;

use super::Pace;
use members::{Members, Rooms};
pub(crate) use watch::Newest;
use watch::Watch;

/// Bytes that watching may take, roughly; beyond it those who wait for nothing go.
const BYTES: usize = 8 << 20;

/// All watched users.
pub(crate) struct Watches {
    inner: Mutex<Members>,
    uses: AtomicU64,
    /// The number of the newest change in memory.
    serial: Arc<AtomicI64>,
}

/// How a user stands: whether there may be something new.
pub(crate) struct Standing {
    /// Everything up to this position has been looked at.
    pub position: i64,
    /// The newest that may concern the user.
    pub newest: Newest,
    /// Tells of newer ones.
    pub receiver: channel::Receiver<Newest>,
}

impl Watches {
    /// Nobody is watched; with the counter of changes in memory.
    pub fn new(serial: Arc<AtomicI64>) -> Self {
        Self { inner: Mutex::default(), uses: AtomicU64::default(), serial }
    }

    /// The newest position seen.
    pub fn position(&self) -> i64 {
        self.inner.lock().position
    }

    /// How the user stands, or the number under which the joined rooms are to be read for [`Self::read`].
    pub fn standing(&self, user_id: &str) -> Result<Standing, u64> {
        let mut inner = self.inner.lock();
        let position = inner.position;
        if let Some(user) = inner.users.get(user_id)
            && let Rooms::Known(_) = user.rooms
        {
            user.watch.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
            let receiver = user.watch.newest.subscribe();
            let newest = *receiver.borrow();
            return Ok(Standing { position, newest, receiver });
        }
        Err(inner.begin(user_id))
    }

    /// Whether something holds for a user's joined rooms; none where they are not known.
    pub fn joined<T>(&self, user_id: &str, of: impl FnOnce(&HashSet<i64>) -> T) -> Option<T> {
        match &self.inner.lock().users.get(user_id)?.rooms {
            Rooms::Known(rooms) => Some(of(rooms)),
            Rooms::Unknown { .. } => None,
        }
    }

    /// Those of these rooms that a user has joined, and the position from which on that was followed; none where it is not
    /// known.
    pub fn joined_among(&self, user_id: &str, rooms: &[i64]) -> Option<(Vec<i64>, i64)> {
        let inner = self.inner.lock();
        let user = inner.users.get(user_id)?;
        match &user.rooms {
            Rooms::Known(joined) => {
                Some((rooms.iter().copied().filter(|room| joined.contains(room)).collect(), user.followed_from))
            }
            Rooms::Unknown { .. } => None,
        }
    }

    /// Takes the joined rooms of a user as a snapshot of this position showed them.
    pub fn read(&self, user_id: &str, reading: u64, joined: HashSet<i64>, position: i64) {
        let mut inner = self.inner.lock();
        inner.read(user_id, reading, joined, position, &self.serial);
        if inner.bytes > BYTES {
            inner.forget_idle();
        }
    }

    /// Wakes the members of a room for a change in memory.
    pub fn tell_room(&self, room: i64, serial: i64) {
        for watch in self.inner.lock().members.get(&room).into_iter().flatten() {
            watch.tell(serial);
        }
    }

    /// Wakes the members of a room for what was noted before.
    pub fn wake_room(&self, room: i64) {
        for watch in self.inner.lock().members.get(&room).into_iter().flatten() {
            watch.newest.send_modify(|_| {});
        }
    }

    /// Wakes those who share a room with one of these users, but none for what only they themselves did. Says how many.
    pub fn tell_sharing(&self, users: &[String], serial: i64) -> usize {
        let inner = self.inner.lock();
        // Of each room the user who is the cause, if it is only one.
        let mut rooms: HashMap<i64, Option<&Arc<Watch>>> = HashMap::new();
        for user in users.iter().filter_map(|user| inner.users.get(user)) {
            let Rooms::Known(joined) = &user.rooms else { continue };
            for room in joined {
                rooms.entry(*room).and_modify(|cause| *cause = None).or_insert(Some(&user.watch));
            }
        }
        let mut told = 0;
        for (room, cause) in rooms {
            for watch in inner.members.get(&room).into_iter().flatten() {
                let is_cause = cause.is_some_and(|cause| Arc::ptr_eq(cause, watch));
                told += usize::from(!is_cause && watch.tell(serial));
            }
        }
        told
    }

    /// Those of `others` who share a room with a user, the user among them, and those of whom that is not known.
    pub fn sharing(&self, user_id: &str, others: Vec<String>) -> (Vec<String>, Vec<String>) {
        let inner = self.inner.lock();
        let rooms = |user: &str| match &inner.users.get(user)?.rooms {
            Rooms::Known(rooms) => Some(rooms),
            Rooms::Unknown { .. } => None,
        };
        let (mut sharing, mut unknown) = (Vec::new(), Vec::new());
        let own = rooms(user_id);
        for other in others {
            match (own, rooms(&other)) {
                _ if other == user_id => sharing.push(other),
                (Some(own), Some(theirs)) if !own.is_disjoint(theirs) => sharing.push(other),
                (Some(_), Some(_)) => {}
                _ => unknown.push(other),
            }
        }
        (sharing, unknown)
    }

    /// Takes note of a commit, and wakes whom it concerns.
    ///
    /// * `typing`: rooms in which somebody has stopped typing with it, and the numbers of these changes.
    ///
    /// Says whether there are rooms that must rest before their members are woken.
    pub fn committed(&self, committed: &Committed, typing: &[(i64, i64)], pace: &Pace) -> bool {
        let mut inner = self.inner.lock();
        inner.position = inner.position.max(committed.position);
        let position = inner.position;
        let mut touched: Vec<i64> = Vec::new();
        let mut read: Vec<i64> = Vec::new();
        for entry in &committed.entries {
            match (entry.kind, entry.room, &entry.user) {
                (LogKind::Event, Some(room), _) => touched.push(room),
                (LogKind::Membership, Some(room), Some(user)) => {
                    touched.push(room);
                    let event =
                        committed.events.iter().find(|(at, _)| *at == entry.position).map(|(_, event)| &**event);
                    inner.member_changed(entry, room, user, event);
                }
                // In a room that is not here.
                (LogKind::Membership, None, Some(user)) => inner.wake(user, position),
                (LogKind::Receipt, Some(room), Some(user)) => {
                    inner.wake(user, position);
                    // A private one is nobody else's business.
                    if entry.row != Some(i64::from(ReceiptKind::Private as i16)) {
                        read.push(room);
                    }
                }
                (LogKind::DeviceList, room, Some(user)) => {
                    touched.extend(room);
                    inner.wake(user, position);
                }
                // Who has uploaded keys knows it; who is to upload more must be told.
                (LogKind::OneTimeKeys, _, Some(user)) if entry.row.is_some() => inner.wake(user, position),
                (
                    LogKind::AccountData
                    | LogKind::Account
                    | LogKind::Devices
                    | LogKind::ToDevice
                    | LogKind::Unread
                    | LogKind::RoomGone,
                    _,
                    Some(user),
                ) => inner.wake(user, position),
                _ => {}
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for (room, serial) in typing {
            for watch in inner.members.get(room).into_iter().flatten() {
                watch.tell(*serial);
            }
        }
        read.retain(|room| touched.binary_search(room).is_err());
        for room in touched {
            for watch in inner.members.get(&room).into_iter().flatten() {
                watch.wake(position);
            }
        }
        inner.read_by_others(read, pace)
    }
}

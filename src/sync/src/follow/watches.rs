//! Who must be woken by what: for each user who syncs, the joined rooms and the position of what came last.
//!
//! It costs each commit one look per room and one number per user of ours in it, and each waiting sync one receiver,
//! however many rooms its user has.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

use parking_lot::Mutex;
use serde::Deserialize;
use store::{
    Committed, LogEntry, LogKind,
    receipts::ReceiptKind,
    rooms::{EventFlags, EventRow, Membership},
};
use tokio::sync::watch;

use super::Pace;

/// Bytes that watching may take, roughly; beyond it those who wait for nothing go.
const BYTES: usize = 8 << 20;
/// What a user takes: mostly what wakes them.
const USER: usize = 800;
/// What each joined room of a user takes: a number there, a reference in the room, and a share of the room itself.
const ROOM: usize = 48;
/// Changes of membership that a reading of a user's rooms may have to be told of; beyond it another is begun.
const MEANWHILE: usize = 1_000;

/// The newest that may concern a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    /// Its position.
    pub position: i64,
    /// The number of the newest change in memory.
    pub serial: i64,
}

/// One user who syncs.
struct Watch {
    newest: watch::Sender<Newest>,
    used: AtomicU64,
}

/// A user's joined rooms, as far as they are known.
enum Rooms {
    /// They must be read. What happens meanwhile is noted: (room, joined).
    Unknown { reading: u64, meanwhile: Vec<(i64, bool)> },
    /// Followed from commit to commit.
    Known(HashSet<i64>),
}

impl Watch {
    /// Wakes the user for something at this position.
    fn wake(&self, position: i64) {
        self.newest.send_modify(|newest| newest.position = newest.position.max(position));
    }

    /// Notes something at this position, of which the user hears when woken for anything.
    fn note(&self, position: i64) {
        self.newest.send_if_modified(|newest| {
            newest.position = newest.position.max(position);
            false
        });
    }

    /// Wakes the user for a change in memory. False where it was known already.
    fn tell(&self, serial: i64) -> bool {
        self.newest.send_if_modified(|newest| {
            let is_new = newest.serial < serial;
            newest.serial = newest.serial.max(serial);
            is_new
        })
    }
}

struct User {
    watch: Arc<Watch>,
    rooms: Rooms,
}

#[derive(Default)]
struct Inner {
    /// The newest position seen.
    position: i64,
    users: HashMap<String, User>,
    /// The watched members of rooms.
    members: HashMap<i64, Vec<Arc<Watch>>>,
    /// What all this takes, as bounded by [`BYTES`].
    bytes: usize,
    readings: u64,
}

/// All watched users.
pub(crate) struct Watches {
    inner: Mutex<Inner>,
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
    pub receiver: watch::Receiver<Newest>,
}

impl Watches {
    /// Nobody is watched; with the counter of changes in memory.
    pub fn new(serial: Arc<AtomicI64>) -> Self {
        Self { inner: Mutex::default(), uses: AtomicU64::default(), serial }
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
                    LogKind::AccountData | LogKind::Account | LogKind::Devices | LogKind::ToDevice | LogKind::Unread,
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

impl Inner {
    /// Wakes the members of rooms in which others have read something, each room as often as its size allows. Says whether
    /// there are rooms that must rest.
    fn read_by_others(&self, mut rooms: Vec<i64>, pace: &Pace) -> bool {
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

    fn begin(&mut self, user_id: &str) -> u64 {
        self.readings += 1;
        let reading = self.readings;
        let position = self.position;
        let user = self.users.entry(user_id.to_owned()).or_insert_with(|| {
            self.bytes += USER;
            let watch = Watch { newest: watch::Sender::new(Newest { position, serial: 0 }), used: AtomicU64::new(0) };
            User { watch: Arc::new(watch), rooms: Rooms::Unknown { reading, meanwhile: Vec::new() } }
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

    fn read(&mut self, user_id: &str, reading: u64, mut joined: HashSet<i64>, position: i64, serial: &AtomicI64) {
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
    }

    fn wake(&mut self, user_id: &str, position: i64) {
        if let Some(user) = self.users.get(user_id) {
            user.watch.wake(position);
        }
    }

    fn member_changed(&mut self, entry: &LogEntry, room: i64, user_id: &str, event: Option<&EventRow>) {
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
    fn forget_idle(&mut self) {
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

//! Who must be woken by what: for each user who syncs, the joined rooms and the position of what came last.
//!
//! It costs each commit one look per room and one number per user of ours in it, and each waiting sync one receiver,
//! however many rooms its user has.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use serde::Deserialize;
use store::{
    Committed, LogEntry, LogKind,
    rooms::{EventFlags, EventRow, Membership},
};
use tokio::sync::watch;

/// Users and joined rooms, each room of each user counted, that are watched; beyond it those who wait for nothing go.
const WATCHED: usize = 400_000;
/// Changes of membership that a reading of a user's rooms may have to be told of; beyond it another is begun.
const MEANWHILE: usize = 10_000;

/// One user who syncs.
struct Watch {
    /// The position of the newest thing that may concern the user.
    newest: watch::Sender<i64>,
    used: AtomicU64,
}

/// A user's joined rooms, as far as they are known.
enum Rooms {
    /// They must be read. What happens meanwhile is noted: (room, joined).
    Unknown { reading: u64, meanwhile: Vec<(i64, bool)> },
    /// Followed from commit to commit.
    Known(HashSet<i64>),
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
    /// Users and their rooms, as bounded by [`WATCHED`].
    weight: usize,
    readings: u64,
}

/// All watched users.
#[derive(Default)]
pub(crate) struct Watches {
    inner: Mutex<Inner>,
    uses: AtomicU64,
}

/// How a user stands: whether there may be something new.
pub(crate) struct Standing {
    /// Everything up to this position has been looked at.
    pub position: i64,
    /// The position of the newest thing that may concern the user.
    pub newest: i64,
    /// Tells of newer ones.
    pub receiver: watch::Receiver<i64>,
}

impl Watches {
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

    /// Takes the joined rooms of a user as a snapshot of this position showed them.
    pub fn read(&self, user_id: &str, reading: u64, joined: HashSet<i64>, position: i64) {
        let mut inner = self.inner.lock();
        inner.read(user_id, reading, joined, position);
        if inner.weight > WATCHED {
            inner.forget_idle();
        }
    }

    /// Takes note of a commit, and wakes whom it concerns.
    pub fn committed(&self, committed: &Committed) {
        let mut inner = self.inner.lock();
        inner.position = inner.position.max(committed.position);
        let position = inner.position;
        let mut touched: Vec<i64> = Vec::new();
        for entry in &committed.entries {
            match (entry.kind, entry.room, &entry.user) {
                (LogKind::Event, Some(room), _) => touched.push(room),
                (LogKind::Membership, Some(room), Some(user)) => {
                    touched.push(room);
                    let event =
                        committed.events.iter().find(|(at, _)| *at == entry.position).map(|(_, event)| &**event);
                    inner.member_changed(entry, room, user, event);
                }
                (LogKind::AccountData | LogKind::Account | LogKind::Devices, _, Some(user)) => {
                    inner.wake(user, position);
                }
                _ => {}
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for room in touched {
            for watch in inner.members.get(&room).into_iter().flatten() {
                watch.newest.send_replace(position);
            }
        }
    }
}

impl Inner {
    fn begin(&mut self, user_id: &str) -> u64 {
        self.readings += 1;
        let reading = self.readings;
        let position = self.position;
        let user = self.users.entry(user_id.to_owned()).or_insert_with(|| {
            self.weight += 1;
            let watch = Watch { newest: watch::Sender::new(position), used: AtomicU64::new(0) };
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

    fn read(&mut self, user_id: &str, reading: u64, mut joined: HashSet<i64>, position: i64) {
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
        self.weight += joined.len();
        user.watch.newest.send_replace(newest);
        user.rooms = Rooms::Known(joined);
    }

    fn wake(&mut self, user_id: &str, position: i64) {
        if let Some(user) = self.users.get(user_id) {
            user.watch.newest.send_replace(position);
        }
    }

    fn member_changed(&mut self, entry: &LogEntry, room: i64, user_id: &str, event: Option<&EventRow>) {
        let position = self.position.max(entry.position);
        let Some(user) = self.users.get_mut(user_id) else { return };
        user.watch.newest.send_replace(position);
        let joined = event.and_then(|event| says_joined(event, user_id));
        match (&mut user.rooms, joined) {
            (Rooms::Unknown { meanwhile, .. }, Some(joined)) => meanwhile.push((room, joined)),
            (Rooms::Known(rooms), Some(true)) => {
                if rooms.insert(room) {
                    self.members.entry(room).or_default().push(user.watch.clone());
                    self.weight += 1;
                }
            }
            (Rooms::Known(rooms), Some(false)) => {
                if rooms.remove(&room) {
                    let watch = user.watch.clone();
                    self.leave(room, &watch);
                }
            }
            // State resolution spoke: the rooms are read anew.
            (_, None) => self.unlearn(user_id),
        }
    }

    fn leave(&mut self, room: i64, watch: &Arc<Watch>) {
        if let Some(members) = self.members.get_mut(&room) {
            members.retain(|member| !Arc::ptr_eq(member, watch));
            self.weight = self.weight.saturating_sub(1);
            if members.is_empty() {
                self.members.remove(&room);
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
            self.weight = self.weight.saturating_sub(1);
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

//! What is in memory only: who types, who is online. A restart forgets it, and clients hear of what is there anew.
//!
//! Changes are numbered. A sync that has told everything up to a number says so in its token, as it does with positions.

mod changes;
mod presence;
mod typing;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use store::{
    Committed, LogKind,
    rooms::{EventFlags, EventRow},
};
use tokio::sync::broadcast;

pub use changes::EphemeralChange;
pub(crate) use presence::{Announcement, Presences, Shown};
pub use presence::{HeardPresence, PresenceContent, PresenceState};
pub(crate) use typing::{RoomTyping, Typing};

/// Whose sending ends their typing.
const TYPED: [&str; 3] = ["m.room.message", "m.room.encrypted", "m.sticker"];

/// Everything that is in memory only.
pub(crate) struct Ephemeral {
    inner: Mutex<Inner>,
    /// The number of the newest change.
    serial: Arc<AtomicI64>,
    /// Tells those who tell other servers.
    changes: broadcast::Sender<EphemeralChange>,
}

struct Inner {
    typing: Typing,
    presences: Presences,
}

/// Takes numbers for changes.
pub(crate) struct Serials<'a>(&'a AtomicI64);

impl Serials<'_> {
    /// The next number.
    pub fn next(&self) -> i64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

impl Ephemeral {
    /// Nothing at all, with the counter of changes.
    pub fn new(serial: Arc<AtomicI64>) -> Self {
        let inner = Inner { typing: Typing::default(), presences: Presences::default() };
        Self { inner: Mutex::new(inner), serial, changes: broadcast::Sender::new(changes::WAITING) }
    }

    /// Begins to count, from the time of now: a server that is started again goes on with higher numbers, for it cannot
    /// have made a thousand changes in each second of its life.
    pub fn begin(&self, now: i64, with_presence: bool) {
        self.serial.fetch_max(now, Ordering::SeqCst);
        if with_presence {
            self.inner.lock().presences.enable();
        }
    }

    /// The number of the newest change.
    pub fn serial(&self) -> i64 {
        self.serial.load(Ordering::SeqCst)
    }

    /// Works with what is known of presence.
    pub fn presences<T>(&self, f: impl FnOnce(&mut Presences) -> T) -> T {
        f(&mut self.inner.lock().presences)
    }

    /// What has changed of presence, numbered, to be told now.
    pub fn announce(&self, now: i64) -> Vec<Announcement> {
        let mut inner = self.inner.lock();
        let announcements = inner.presences.announce(now, &Serials(&self.serial));
        for Announcement { user_id, .. } in announcements.iter().filter(|announcement| announcement.loud) {
            let content = inner.presences.get(user_id, now);
            self.tell(|| EphemeralChange::Presence { user_id: user_id.clone(), content });
        }
        announcements
    }

    /// Notes presence as it was before the server started.
    pub fn load(&self, rows: Vec<store::presence::PresenceRow>, now: i64) {
        self.inner.lock().presences.load(rows, now, &Serials(&self.serial));
    }

    /// Says that a user types, for so long. Gives the number of the change if that was not known.
    pub fn type_for(&self, room: i64, user_id: &str, time: Duration) -> Option<i64> {
        self.tell_typing(room, user_id, true);
        self.inner.lock().typing.start(room, user_id, Instant::now() + time, &Serials(&self.serial))
    }

    /// Says that a user does not type any more.
    pub fn stop_typing(&self, room: i64, user_id: &str) -> Option<i64> {
        self.tell_typing(room, user_id, false);
        self.inner.lock().typing.stop(room, user_id, &Serials(&self.serial))
    }

    /// Forgets who has not typed for too long: rooms and the numbers of the changes, and when to ask again.
    pub fn expire_typing(&self, now: Instant) -> (Vec<(i64, i64)>, Option<Instant>) {
        let mut inner = self.inner.lock();
        for (room, user_id) in inner.typing.over(now) {
            self.tell_typing(room, user_id, false);
        }
        let changed = inner.typing.expire(now, &Serials(&self.serial));
        (changed, inner.typing.next_end())
    }

    /// Who types in those of the rooms that concern somebody, and the number up to which that is all.
    pub fn typing(&self, concerns: impl Fn(i64) -> bool) -> (i64, Vec<RoomTyping>) {
        let inner = self.inner.lock();
        (self.serial(), inner.typing.rooms(concerns))
    }

    /// Takes note of a commit: whoever has sent what they typed, or has left, does not type. Gives the rooms where that
    /// changed something, with the numbers of the changes.
    pub fn committed(&self, committed: &Committed) -> Vec<(i64, i64)> {
        let mut changed = Vec::new();
        if committed.events.is_empty() {
            return changed;
        }
        let mut inner = self.inner.lock();
        let serials = Serials(&self.serial);
        for (position, event) in &committed.events {
            if *position <= 0 || !EventFlags(event.flags).is_visible() {
                continue;
            }
            if let Some(device) = &event.device_id {
                inner.presences.active(&event.sender, device, event.origin_server_ts);
            }
            if is_typed(event)
                && let Some(serial) = inner.typing.stop(event.room, &event.sender, &serials)
            {
                self.tell_typing(event.room, &event.sender, false);
                changed.push((event.room, serial));
            }
        }
        for entry in committed.entries.iter().filter(|entry| entry.kind == LogKind::Membership) {
            if let (Some(room), Some(user)) = (entry.room, &entry.user)
                && let Some(serial) = inner.typing.stop(room, user, &serials)
            {
                self.tell_typing(room, user, false);
                changed.push((room, serial));
            }
        }
        changed
    }
}

fn is_typed(event: &EventRow) -> bool {
    event.state_key.is_none() && TYPED.contains(&event.event_type.as_str())
}

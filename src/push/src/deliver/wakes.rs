//! What commits mean for pushers.

use std::{
    collections::HashSet,
    mem,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use store::{Committed, LogKind, Observer};
use tokio::sync::Notify;

/// Who must look whether there is something to deliver. It hears of every commit; as long as nobody has a pusher it
/// does nothing.
#[derive(Default)]
pub struct Wakes {
    /// Whether there is any pusher.
    any: AtomicBool,
    news: Mutex<News>,
    notify: Notify,
}

/// What has happened since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Rooms with new events that notify their members.
    pub rooms: HashSet<i64>,
    /// Numbers of new events that may notify single users.
    pub events: HashSet<i64>,
    /// Users who stand otherwise in a room that is not here: perhaps they are invited.
    pub invited: HashSet<String>,
    /// Users who have read something.
    pub readers: HashSet<String>,
    /// Users whose pushers have changed.
    pub changed: HashSet<String>,
}

impl News {
    fn is_empty(&self) -> bool {
        self.rooms.is_empty()
            && self.events.is_empty()
            && self.invited.is_empty()
            && self.readers.is_empty()
            && self.changed.is_empty()
    }
}

impl Wakes {
    /// Says whether there are pushers at all.
    pub(crate) fn set_any(&self, any: bool) {
        self.any.store(any, Ordering::SeqCst);
    }

    /// Waits for news.
    pub(crate) async fn wait(&self) {
        while self.news.lock().is_empty() {
            self.notify.notified().await;
        }
    }

    /// Takes the news.
    pub(crate) fn take(&self) -> News {
        mem::take(&mut *self.news.lock())
    }

    /// Takes news back that could not be dealt with.
    pub(crate) fn again(&self, news: News) {
        let mut newer = self.news.lock();
        newer.rooms.extend(news.rooms);
        newer.events.extend(news.events);
        newer.invited.extend(news.invited);
        newer.readers.extend(news.readers);
        newer.changed.extend(news.changed);
        drop(newer);
        self.notify.notify_one();
    }

    /// Has the pushers of a user looked at once more.
    pub(crate) fn recheck(&self, user_id: String) {
        self.news.lock().changed.insert(user_id);
        self.notify.notify_one();
    }
}

impl Observer for Wakes {
    fn committed(&self, committed: &Committed) {
        if committed.entries.iter().any(|entry| entry.kind == LogKind::Pushers) {
            self.set_any(true);
        }
        if !self.any.load(Ordering::SeqCst) {
            return;
        }
        for (_, event) in &committed.events {
            if event.counted.push_rule > 0 {
                self.news.lock().rooms.insert(event.room);
            } else {
                self.news.lock().events.insert(event.nid);
            }
        }
        for entry in &committed.entries {
            let Some(user) = &entry.user else { continue };
            match entry.kind {
                LogKind::Receipt => drop(self.news.lock().readers.replace(user.clone())),
                LogKind::Membership if entry.room.is_none() => drop(self.news.lock().invited.replace(user.clone())),
                LogKind::Pushers => drop(self.news.lock().changed.replace(user.clone())),
                _ => {}
            }
        }
        self.notify.notify_one();
    }
}

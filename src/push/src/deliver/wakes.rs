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
    /// Rooms with new events.
    pub rooms: HashSet<i64>,
    /// Users who have read something.
    pub readers: HashSet<String>,
    /// Users whose pushers have changed.
    pub changed: HashSet<String>,
}

impl Wakes {
    /// Says whether there are pushers at all.
    pub(crate) fn set_any(&self, any: bool) {
        self.any.store(any, Ordering::SeqCst);
    }

    /// Waits for news.
    pub(crate) async fn next(&self) -> News {
        loop {
            let news = mem::take(&mut *self.news.lock());
            if !news.rooms.is_empty() || !news.readers.is_empty() || !news.changed.is_empty() {
                return news;
            }
            self.notify.notified().await;
        }
    }
}

impl Observer for Wakes {
    fn committed(&self, committed: &Committed) {
        let mut any = self.any.load(Ordering::SeqCst);
        let mut news: Option<parking_lot::MutexGuard<'_, News>> = None;
        for entry in &committed.entries {
            if entry.kind == LogKind::Pushers {
                any = true;
                self.any.store(true, Ordering::SeqCst);
            }
            if !any {
                continue;
            }
            match (entry.kind, entry.room, &entry.user) {
                (LogKind::Event | LogKind::Membership, Some(room), _) => {
                    news.get_or_insert_with(|| self.news.lock()).rooms.insert(room);
                }
                (LogKind::Receipt, _, Some(user)) => {
                    news.get_or_insert_with(|| self.news.lock()).readers.insert(user.clone());
                }
                (LogKind::Pushers, _, Some(user)) => {
                    news.get_or_insert_with(|| self.news.lock()).changed.insert(user.clone());
                }
                _ => {}
            }
        }
        if news.is_some() {
            drop(news);
            self.notify.notify_one();
        }
    }
}

impl Wakes {
    /// Takes news back that could not be dealt with.
    pub(crate) fn again(&self, news: News) {
        let mut newer = self.news.lock();
        newer.rooms.extend(news.rooms);
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

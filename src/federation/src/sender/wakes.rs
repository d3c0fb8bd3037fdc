//! What commits mean for the sender.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use store::{Committed, LogKind, Observer, receipts::ReceiptKind};
use tokio::sync::Notify;

/// Users who have read something, and of whom nobody was told yet; beyond it others are not told.
const READS: usize = 10_000;

/// A user has read something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub room: i64,
    pub user_id: String,
    /// The receipts that count are those from this position on.
    pub position: i64,
}

/// Tells the sender that something goes out. It must be among the observers with which the store is opened.
#[derive(Default)]
pub struct Wakes {
    notify: Notify,
    gathers: AtomicBool,
    /// By room and user: from which position on.
    reads: Mutex<HashMap<(i64, String), i64>>,
}

impl Wakes {
    /// Waits for something that goes out; what came since it was last asked counts.
    pub(super) async fn next(&self) {
        self.notify.notified().await;
    }

    /// From now on it is noted who has read something.
    pub(super) fn gather_receipts(&self) {
        self.gathers.store(true, Ordering::SeqCst);
    }

    /// Who has read something since this was last asked.
    pub(super) fn reads(&self) -> Vec<Read> {
        let reads = std::mem::take(&mut *self.reads.lock());
        reads.into_iter().map(|((room, user_id), position)| Read { room, user_id, position }).collect()
    }

    /// These are to be asked about again later.
    pub(super) fn read_again(&self, later: Vec<Read>) {
        let mut reads = self.reads.lock();
        for Read { room, user_id, position } in later {
            let known = reads.entry((room, user_id)).or_insert(position);
            *known = position.min(*known);
        }
    }

    fn note(&self, committed: &Committed) {
        let mut reads = self.reads.lock();
        for entry in &committed.entries {
            if let (LogKind::Receipt, Some(room), Some(user)) = (entry.kind, entry.room, &entry.user)
                && entry.row == Some(i64::from(ReceiptKind::Public as i16))
                && reads.len() < READS
            {
                reads.entry((room, user.clone())).or_insert(entry.position);
            }
        }
    }
}

impl Observer for Wakes {
    fn committed(&self, committed: &Committed) {
        if committed.outgoing || committed.entries.iter().any(|entry| entry.kind == LogKind::Outbox) {
            self.notify.notify_one();
        }
        if self.gathers.load(Ordering::SeqCst) && committed.entries.iter().any(|entry| entry.kind == LogKind::Receipt) {
            self.note(committed);
        }
    }
}

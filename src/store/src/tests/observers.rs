//! Observers are told in order, and before callers are.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::{add_fact, rows};
use crate::{Committed, LogEntry, LogKind, Observer, rooms::Redaction, testing::each};

#[derive(Default)]
struct Notes {
    position: AtomicI64,
    entries: Mutex<Vec<LogEntry>>,
    events: Mutex<Vec<(i64, i64)>>,
    redacted: Mutex<Vec<(i64, i64)>>,
    panics: AtomicBool,
}

impl Observer for Notes {
    fn committed(&self, committed: &Committed) {
        assert!(!self.panics.load(Ordering::SeqCst), "as told");
        let before = self.position.swap(committed.position, Ordering::SeqCst);
        assert!(before <= committed.position);
        let mut expected = before + 1..=committed.position;
        assert!(committed.entries.iter().all(|entry| expected.next() == Some(entry.position)));
        assert_eq!(expected.next(), None, "every position has its entry");
        self.entries.lock().extend(committed.entries.iter().cloned());
        self.events.lock().extend(committed.events.iter().map(|(position, event)| (*position, event.nid)));
        self.redacted.lock().extend(&committed.redacted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn observers_know_before_callers() {
    each(async |database| {
        let notes = Arc::new(Notes::default());
        let store = database.open_observed(notes.clone());
        let mut writers = JoinSet::new();
        for writer in 0..8_i64 {
            let (store, notes) = (store.clone(), notes.clone());
            writers.spawn(async move {
                let room = store.next_nid();
                for i in 0..15 {
                    let logged = store.write(move |tx| Ok(tx.log(LogKind::Profile, None, Some("@a:b"), Some(writer))));
                    let position = logged.await.unwrap();
                    assert!(notes.position.load(Ordering::SeqCst) >= position);
                    let append = rows::messages(&store, room, i, 2);
                    let nids: Vec<i64> = append.events.iter().map(|event| event.nid).collect();
                    let appended = store.append(append).await.unwrap();
                    let known = notes.events.lock().clone();
                    assert!(appended.positions.into_iter().zip(nids).all(|event| known.contains(&event)));
                }
            });
        }
        while let Some(done) = writers.join_next().await {
            done.unwrap();
        }
        assert_eq!(notes.entries.lock().len(), 8 * 15 * 3);
        assert_eq!(notes.position.load(Ordering::SeqCst), store.position());
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn observers_hear_of_redactions_and_nothing_of_what_failed() {
    each(async |database| {
        let notes = Arc::new(Notes::default());
        let store = database.open_observed(notes.clone());
        let room = store.next_nid();
        let first = rows::messages(&store, room, 0, 1);
        let target = first.events[0].nid;
        store.append(first).await.unwrap();
        let mut second = rows::messages(&store, room, 1, 1);
        let by = second.events[0].nid;
        second.redactions.push(Redaction { target, by, at: 5, json: "{}".into() });
        store.append(second.clone()).await.unwrap();
        assert_eq!(*notes.redacted.lock(), [(room, target)]);
        assert!(store.append(second).await.is_err(), "stale");
        let failed = store.write(|tx| {
            tx.log(LogKind::Profile, None, Some("@a:b"), None);
            Err::<(), _>(crate::Error::Corrupt("a test".into()))
        });
        assert!(failed.await.is_err());
        assert_eq!(notes.entries.lock().len(), 2);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_that_panics_stops_nobody() {
    each(async |database| {
        let notes = Arc::new(Notes::default());
        let store = database.open_observed(notes.clone());
        notes.panics.store(true, Ordering::SeqCst);
        add_fact(&store, "a").await.unwrap();
        add_fact(&store, "b").await.unwrap();
        store.close().await;
    })
    .await;
}

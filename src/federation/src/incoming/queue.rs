//! Which rooms' queues are being worked off.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use ruma::{OwnedRoomId, OwnedServerName, RoomId, ServerName};
use store::federation::staged;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::{Result, incoming::Incoming};

/// How many events are worked on at the same time. Most of the time goes by waiting for others.
const PLACES: usize = 32;

/// How many of them may be from the same server, so that one that answers slowly does not take all places.
const OF_SERVER: usize = 4;

/// The queues that somebody works on.
pub(super) struct Queues {
    /// Wakes who works on a room, because there is more.
    active: Mutex<HashMap<OwnedRoomId, Arc<Notify>>>,
    places: Arc<Semaphore>,
    of_servers: Mutex<HashMap<OwnedServerName, Arc<Semaphore>>>,
}

impl Default for Queues {
    fn default() -> Self {
        Self { active: Mutex::default(), places: Arc::new(Semaphore::new(PLACES)), of_servers: Mutex::default() }
    }
}

/// Somebody works on an event, as long as this is kept.
pub(super) struct Places {
    _of_server: Option<OwnedSemaphorePermit>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Queues {
    /// Waits until an event of this server may be worked on.
    pub async fn places(&self, origin: &ServerName) -> Places {
        let of_server = {
            let mut of_servers = self.of_servers.lock();
            if !of_servers.contains_key(origin) {
                of_servers.retain(|_, places| Arc::strong_count(places) > 1);
            }
            of_servers.entry(origin.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(OF_SERVER))).clone()
        };
        // They are never closed.
        Places {
            _of_server: of_server.acquire_owned().await.ok(),
            _place: self.places.clone().acquire_owned().await.ok(),
        }
    }

    /// Ends the work on a room, unless there is more.
    pub fn end(&self, room_id: &RoomId, more: &Notify) -> bool {
        let mut active = self.active.lock();
        // Whoever stages an event wakes us under this lock.
        if futures_util::FutureExt::now_or_never(more.notified()).is_some() {
            return false;
        }
        active.remove(room_id);
        true
    }
}

impl Incoming {
    /// Sees to it that somebody works on a room's queue.
    pub(super) fn work_on(&self, room_id: &RoomId) {
        let more = {
            let mut active = self.inner.queues.active.lock();
            if let Some(more) = active.get(room_id) {
                more.notify_one();
                return;
            }
            active.entry(room_id.to_owned()).or_default().clone()
        };
        self.inner.options.runtime.spawn(self.clone().work_off(room_id.to_owned(), more));
    }

    /// Goes on with what waited when the server was stopped.
    ///
    /// # Errors
    /// What the database says.
    pub async fn start(&self) -> Result<()> {
        let rooms = self.rooms().store().read(staged::rooms).await?;
        if !rooms.is_empty() {
            tracing::info!(rooms = rooms.len(), "events of other servers have waited for the start");
        }
        for room_id in rooms.iter().filter_map(|id| RoomId::parse(id.as_str()).ok()) {
            self.work_on(&room_id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use ruma::OwnedServerName;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_thousand_rooms_take_turns() {
        let (queues, most) = (Queues::default(), AtomicUsize::new(0));
        let (all, of_first) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = (0..1_000).map(|n| {
            let (queues, most, all, of_first) = (&queues, &most, &all, &of_first);
            async move {
                let origin: OwnedServerName = format!("s{}", if n % 2 == 0 { 0 } else { n }).parse().unwrap();
                let _places = queues.places(&origin).await;
                let now = all.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                if n % 2 == 0 {
                    assert!(of_first.fetch_add(1, Ordering::SeqCst) < OF_SERVER);
                }
                tokio::task::yield_now().await;
                if n % 2 == 0 {
                    of_first.fetch_sub(1, Ordering::SeqCst);
                }
                all.fetch_sub(1, Ordering::SeqCst);
            }
        });
        join_all(work).await;
        assert!((2..=PLACES).contains(&most.into_inner()));
        drop(queues.places(ruma::server_name!("other")).await);
        assert_eq!(queues.of_servers.lock().len(), 1, "those who do nothing are forgotten");
    }

    #[test]
    fn work_ends_only_when_there_is_no_more() {
        let (queues, room_id) = (Queues::default(), ruma::room_id!("!a:b"));
        let more = queues.active.lock().entry(room_id.to_owned()).or_default().clone();
        more.notify_one();
        assert!(!queues.end(room_id, &more));
        assert!(queues.end(room_id, &more));
        assert!(queues.active.lock().is_empty());
    }
}

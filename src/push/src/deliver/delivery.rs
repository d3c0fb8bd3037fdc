//! Keeps one task for each pusher, and wakes those who may have something to deliver.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use store::{
    Conn,
    push::{PusherRow, all_pushers, pushers_of, users_in_rooms},
};
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
};

use super::{gateway::Gateways, wakes::News, worker};
use crate::{Push, Result};

/// Pushers that are read at once.
const READ: i64 = 1_000;
/// Deliveries at the same time.
const AT_ONCE: usize = 64;
/// How long after a failure of the database it is asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// A pusher's key: app and pushkey.
type Key = (String, String);

/// How a task is woken.
#[derive(Default)]
pub(super) struct Bell {
    pub notify: Notify,
    /// Whether the user has read something, so that a badge may have changed.
    pub read: AtomicBool,
}

/// Delivers.
pub(crate) struct Delivery {
    push: Push,
    gateways: Arc<Gateways>,
    at_once: Arc<Semaphore>,
    workers: HashMap<String, HashMap<Key, Arc<Bell>>>,
    tasks: JoinSet<(String, Key)>,
}

impl Delivery {
    pub fn new(push: Push) -> Self {
        let gateways = Arc::new(Gateways::new(&push.inner.settings));
        Self {
            push,
            gateways,
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            workers: HashMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Never ends.
    pub async fn run(mut self) {
        // From here on no commit is missed.
        self.push.inner.wakes.set_any(true);
        while let Err(error) = self.start().await {
            tracing::warn!(%error, "the pushers could not be read");
            tokio::time::sleep(AGAIN).await;
        }
        let wakes = self.push.inner.wakes.clone();
        loop {
            tokio::select! {
                news = wakes.next() => {
                    if let Err(error) = self.tell(&news).await {
                        tracing::warn!(%error, "pushers could not be woken");
                        tokio::time::sleep(AGAIN).await;
                        wakes.again(news);
                    }
                }
                Some(ended) = self.tasks.join_next() => self.ended(ended),
            }
        }
    }

    async fn start(&mut self) -> Result<()> {
        let mut after = (String::new(), String::new(), String::new());
        loop {
            let from = after.clone();
            let read = move |conn: &mut Conn| all_pushers(conn, (&from.0, &from.1, &from.2), READ);
            let rows = self.push.store().read(read).await?;
            let Some(last) = rows.last() else { break };
            after = (last.user_id.clone(), last.app_id.clone(), last.pushkey.clone());
            rows.into_iter().for_each(|row| self.employ(row));
        }
        self.push.inner.wakes.set_any(!self.workers.is_empty());
        Ok(())
    }

    /// Starts a task, if there is none for this pusher.
    fn employ(&mut self, row: PusherRow) {
        let key = (row.app_id, row.pushkey);
        let of_user = self.workers.entry(row.user_id.clone()).or_default();
        if of_user.contains_key(&key) {
            return;
        }
        let bell = Arc::new(Bell::default());
        of_user.insert(key.clone(), bell.clone());
        let (push, gateways, at_once) = (self.push.clone(), self.gateways.clone(), self.at_once.clone());
        self.tasks.spawn(async move {
            worker::Worker::new(push, gateways, at_once, bell, (&row.user_id, &key.0, &key.1)).run().await;
            (row.user_id, key)
        });
    }

    /// A pusher is gone; unless it was set again meanwhile.
    fn ended(&mut self, ended: Result<(String, Key), tokio::task::JoinError>) {
        match ended {
            Ok((user, key)) => {
                if let Some(of_user) = self.workers.get_mut(&user) {
                    of_user.remove(&key);
                    if of_user.is_empty() {
                        self.workers.remove(&user);
                    }
                }
                self.push.inner.wakes.recheck(user);
            }
            Err(error) => tracing::error!(%error, "a pusher's task has died"),
        }
    }

    async fn tell(&mut self, news: &News) -> Result<()> {
        if !news.changed.is_empty() {
            // Before a new task reads for the first time: what comes after that must wake it.
            self.push.inner.wakes.set_any(true);
        }
        for user in &news.changed {
            let read = {
                let user = user.clone();
                move |conn: &mut Conn| pushers_of(conn, &user)
            };
            for row in self.push.store().read(read).await? {
                self.employ(row);
            }
            self.wake(user, false);
        }
        for user in &news.readers {
            self.wake(user, true);
        }
        if !news.rooms.is_empty() && !self.workers.is_empty() {
            let rooms: Vec<i64> = news.rooms.iter().copied().collect();
            for user in self.push.store().read(move |conn| users_in_rooms(conn, &rooms)).await? {
                self.wake(&user, false);
            }
        }
        self.push.inner.wakes.set_any(!self.workers.is_empty());
        Ok(())
    }

    fn wake(&self, user: &str, read: bool) {
        for bell in self.workers.get(user).into_iter().flat_map(HashMap::values) {
            if read {
                bell.read.store(true, Ordering::SeqCst);
            }
            bell.notify.notify_one();
        }
    }
}

//! Keeps one task for each pusher, and wakes those who may have something to deliver.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use store::{
    Conn,
    push::{PusherRow, all_pushers, push_progress, pushers_of, users_in_rooms, users_notified},
};
use tokio::{sync::Semaphore, task::JoinSet, time::MissedTickBehavior};

use super::{bell::Bell, gateway::Gateways, progress::Progress, wakes::News, worker};
use crate::{Push, Result};

/// Pushers that are read at once.
const READ: i64 = 1_000;
/// Deliveries at the same time.
const AT_ONCE: usize = 64;
/// How long after a failure of the database it is asked again.
const AGAIN: Duration = Duration::from_secs(5);
/// How often it is written down what was delivered.
const WRITTEN_EVERY: Duration = Duration::from_secs(1);

/// A pusher's key: app and pushkey.
type Key = (String, String);

/// Delivers.
pub(crate) struct Delivery {
    push: Push,
    gateways: Arc<Gateways>,
    at_once: Arc<Semaphore>,
    workers: HashMap<String, HashMap<Key, Arc<Bell>>>,
    tasks: JoinSet<(String, Key)>,
    /// All commits up to here have woken whom they concern.
    told: i64,
    progress: Progress,
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
            told: 0,
            progress: Progress::default(),
        }
    }

    /// Ends when it is told to stop.
    pub async fn run(mut self) {
        // From here on no commit is missed.
        self.push.inner.wakes.set_any(true);
        while let Err(error) = self.start().await {
            tracing::warn!(%error, "the pushers could not be read");
            tokio::time::sleep(AGAIN).await;
        }
        let (push, wakes) = (self.push.clone(), self.push.inner.wakes.clone());
        let mut write_down = tokio::time::interval(WRITTEN_EVERY);
        write_down.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = wakes.wait() => self.look().await,
                Some(ended) = self.tasks.join_next() => self.ended(ended),
                _ = write_down.tick() => self.write_down().await,
                () = push.inner.stopping.notified() => break,
            }
        }
        self.write_down().await;
    }

    /// Wakes whom the news concern.
    async fn look(&mut self) {
        // Before the news are taken: they hold all up to here that was not told before.
        let upto = self.push.store().position();
        let news = self.push.inner.wakes.take();
        match self.tell(&news).await {
            Ok(()) => self.told = upto,
            Err(error) => {
                tracing::warn!(%error, "pushers could not be woken");
                tokio::time::sleep(AGAIN).await;
                self.push.inner.wakes.again(news);
            }
        }
    }

    async fn write_down(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        self.look().await;
        let mut pushers = Vec::new();
        for (user, bells) in &self.workers {
            for ((app, key), bell) in bells {
                pushers.push(((user.clone(), app.clone(), key.clone()), bell.clone()));
            }
        }
        if let Err(error) = self.progress.write(&self.push, &pushers, self.told).await {
            tracing::warn!(%error, "what was delivered could not be written down; it is tried again");
        }
    }

    async fn start(&mut self) -> Result<()> {
        let written = self.push.store().read(push_progress).await?;
        self.progress = Progress::new(written);
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
        let bell = Arc::new(Bell::new());
        bell.set_behind(row.behind.then_some(row.position));
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
        for user in &news.invited {
            self.wake(user, false);
        }
        for user in &news.readers {
            self.wake(user, true);
        }
        if !self.workers.is_empty() {
            for user in self.notified(news).await? {
                self.wake(&user, false);
            }
        }
        self.push.inner.wakes.set_any(!self.workers.is_empty());
        Ok(())
    }

    /// Users with pushers whom new events notify.
    async fn notified(&self, news: &News) -> Result<HashSet<String>> {
        let (rooms, events): (Vec<i64>, Vec<i64>) =
            (news.rooms.iter().copied().collect(), news.events.iter().copied().collect());
        let read = move |conn: &mut Conn| {
            let mut users = HashSet::new();
            if !rooms.is_empty() {
                users.extend(users_in_rooms(conn, &rooms)?);
            }
            if !events.is_empty() {
                users.extend(users_notified(conn, &events)?);
            }
            Ok(users)
        };
        Ok(self.push.store().read(read).await?)
    }

    fn wake(&self, user: &str, read: bool) {
        self.workers.get(user).into_iter().flat_map(HashMap::values).for_each(|bell| bell.ring(read));
    }
}

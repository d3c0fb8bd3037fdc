//! The task of one pusher: deliver, in order, until nothing is left; then wait.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::Value;
use store::push::{PusherRow, delete_pusher};
use tokio::{sync::Semaphore, time::Instant};

use super::{
    bell::Bell,
    gateway::{Gateways, Sent},
    pending::{Pending, only_badge, pending, url},
    progress::PusherKey,
};
use crate::{Push, Result};

/// How long after the first failure it is tried again; twice as long after each further one,
const BACK_OFF: Duration = Duration::from_secs(1);
/// up to this,
const LONGEST: Duration = Duration::from_secs(600);
/// and until so long after the first. What could not be delivered by then is left out.
const GIVE_UP: Duration = Duration::from_secs(24 * 3_600);

/// One pusher.
pub(super) struct Worker {
    push: Push,
    gateways: Arc<Gateways>,
    at_once: Arc<Semaphore>,
    bell: Arc<Bell>,
    /// User, app, pushkey.
    key: PusherKey,
    /// Everything up to here is delivered.
    position: Option<i64>,
    /// What the gateway was told last.
    badge: Option<i64>,
    /// Failures in a row, and when the first was.
    failures: u32,
    failing: Option<Instant>,
}

/// What comes next.
enum Next {
    More,
    Wait,
    Gone,
}

impl Worker {
    pub fn new(
        push: Push,
        gateways: Arc<Gateways>,
        at_once: Arc<Semaphore>,
        bell: Arc<Bell>,
        (user, app, key): (&str, &str, &str),
    ) -> Self {
        let key = (user.to_owned(), app.to_owned(), key.to_owned());
        Self { push, gateways, at_once, bell, key, position: None, badge: None, failures: 0, failing: None }
    }

    /// Ends when the pusher is gone.
    pub async fn run(mut self) {
        loop {
            match self.step().await {
                Ok(Next::More) => {}
                Ok(Next::Wait) => self.bell.wait().await,
                Ok(Next::Gone) => return,
                Err(error) => {
                    tracing::warn!(user_id = %self.key.0, %error, "notifications could not be read");
                    tokio::time::sleep(BACK_OFF * 5).await;
                }
            }
        }
    }

    async fn step(&mut self) -> Result<Next> {
        // Both before the reading: what comes while it runs may not be in it, and must be looked at again.
        let (rings, read) = (self.bell.rings(), self.bell.take_read());
        let pending = pending(&self.push, &self.key, self.position, read).await;
        let first = pending.as_ref().is_ok_and(|found| found.as_ref().is_some_and(|found| !found.list.is_empty()));
        if read && (first || pending.is_err()) {
            // Asked again once the notifications are out.
            self.bell.keep_read();
        }
        let Some(Pending { pusher, list, upto, more, badge }) = pending? else { return Ok(Next::Gone) };
        if let Some((position, notification)) = list.first() {
            return self.deliver(&pusher, *position, notification.clone(), badge).await;
        }
        self.position = Some(upto);
        if let Some(badge) = badge.filter(|badge| read && self.badge != Some(*badge) && !more) {
            // Nobody waits for a badge: the next one is as good.
            if let Sent::Rejected = self.send(&pusher, only_badge(&pusher, badge)).await {
                return self.remove().await;
            }
            self.badge = Some(badge);
        }
        self.bell.delivered(upto, (!more).then_some(rings));
        Ok(if more { Next::More } else { Next::Wait })
    }

    async fn deliver(
        &mut self,
        pusher: &PusherRow,
        position: i64,
        notification: Value,
        badge: Option<i64>,
    ) -> Result<Next> {
        match self.send(pusher, notification).await {
            Sent::Accepted => self.badge = badge,
            Sent::Rejected => return self.remove().await,
            Sent::Failed => {
                let first = *self.failing.get_or_insert_with(Instant::now);
                if first.elapsed() < GIVE_UP {
                    let wait =
                        BACK_OFF.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(LONGEST);
                    self.failures = (self.failures + 1).min(31);
                    tokio::time::sleep(wait).await;
                    return Ok(Next::More);
                }
            }
        }
        (self.failures, self.failing) = (0, None);
        self.position = Some(position);
        self.bell.delivered(position, None);
        self.push.inner.delivered.store(true, Ordering::SeqCst);
        Ok(Next::More)
    }

    async fn send(&self, pusher: &PusherRow, notification: Value) -> Sent {
        let Ok(_permit) = self.at_once.acquire().await else { return Sent::Failed };
        self.gateways.send(&url(pusher), &pusher.pushkey, notification).await
    }

    /// The gateway knows the device no longer.
    async fn remove(&self) -> Result<Next> {
        let (user, app, key) = self.key.clone();
        tracing::info!(user_id = %user, "a push gateway has rejected a pushkey");
        self.push.store().write(move |tx| delete_pusher(tx, &user, &app, &key)).await?;
        Ok(Next::Gone)
    }
}

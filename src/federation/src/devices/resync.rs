//! Lists of which something is missing are asked for until they are whole, also after a restart. Who cannot be asked is
//! let alone for a while, the longer the more often that was so, or until it gives a sign of life.

use std::time::Duration;

use e2ee::remote::Followed;
use ruma::{OwnedServerName, ServerName};
use tokio::time::{Instant, sleep, timeout};

use super::Devices;
use crate::{Error, Federation, Result};

/// Lists that are read from the queue at once.
const PAGE: i64 = 20;
/// How long a server is let alone that could not be asked; after each further time twice as long
const FIRST_PAUSE: i64 = 10_000;
/// up to this, in milliseconds.
const LONGEST_PAUSE: i64 = 6 * 3_600_000;
/// For so long after an attempt no sign of life leads to another.
const REST: Duration = Duration::from_secs(5);
/// The longest time until is looked whether somebody is due.
const LOOK: Duration = Duration::from_secs(60);
/// How long is waited for a database that fails.
const AFTER_ERROR: Duration = Duration::from_secs(5);

impl Devices {
    /// Begins to ask a server, unless it is being asked.
    fn begin(&self, server: &ServerName) -> bool {
        self.asked.lock().insert(server.to_owned())
    }

    fn end(&self, server: &ServerName) {
        self.asked.lock().remove(server);
        self.wake();
    }

    /// Notes that these could not be asked.
    fn are_silent(&self, servers: &[OwnedServerName]) {
        let since = servers.iter().map(|server| (server.clone(), Instant::now()));
        self.silent.lock().extend(since);
    }

    /// Whether a server that could not be asked is worth another attempt, because it gave a sign of life.
    fn is_back(&self, server: &ServerName) -> bool {
        let mut silent = self.silent.lock();
        let back = silent.get(server).is_some_and(|since| since.elapsed() >= REST);
        if back {
            silent.remove(server);
        }
        back
    }
}

impl Federation {
    /// Asks for lists, for ever.
    pub(crate) async fn resync_lists(self) {
        match self.inner.e2ee.paused_servers().await {
            Ok(servers) => self.inner.devices.are_silent(&servers),
            Err(error) => tracing::warn!(%error, "who could not be asked for devices could not be read"),
        }
        loop {
            let wait = match self.begin_due().await {
                Ok(Some(next)) => LOOK.min(next),
                Ok(None) => LOOK,
                Err(error) => {
                    tracing::warn!(%error, "which lists of devices are to be asked for could not be read");
                    AFTER_ERROR
                }
            };
            let _ = timeout(wait, self.inner.devices.more.notified()).await;
        }
    }

    /// Begins to ask those that are due, as many as there are places for. Gives when to look again.
    async fn begin_due(&self) -> Result<Option<Duration>> {
        let devices = &self.inner.devices;
        let now = devices.clock.now_ms();
        let (servers, next) = self.inner.e2ee.servers_to_ask(now).await?;
        for server in servers.into_iter().filter_map(|name| ServerName::parse(name).ok()) {
            if !self.inner.settings.allows(&server) || devices.asked.lock().contains(&server) {
                continue;
            }
            // Who ends wakes us.
            let Ok(place) = devices.resyncs.clone().try_acquire_owned() else { break };
            if devices.begin(&server) {
                let this = self.clone();
                self.inner.runtime.spawn(async move {
                    this.resync_server(&server).await;
                    drop(place);
                    this.inner.devices.end(&server);
                });
            }
        }
        Ok(next.map(|at| Duration::from_millis(u64::try_from(at.saturating_sub(now)).unwrap_or(0).max(1))))
    }

    async fn resync_server(&self, server: &ServerName) {
        if let Err(error) = self.ask_for_lists(server).await {
            tracing::warn!(%server, %error, "lists of devices could not be asked for");
            sleep(AFTER_ERROR).await;
        }
    }

    /// Asks a server for all lists that are wanted of it, one by one.
    ///
    /// # Errors
    /// What the database says.
    async fn ask_for_lists(&self, server: &ServerName) -> Result<()> {
        let e2ee = &self.inner.e2ee;
        loop {
            let lists = e2ee.lists_to_ask(server, PAGE).await?;
            if lists.is_empty() {
                e2ee.end_pause(server).await?;
                return Ok(());
            }
            for list in lists {
                if let Err(error) = self.ask_for_list(server, &list).await {
                    if error.is_ours() || matches!(error, Error::E2ee(_)) {
                        return Err(error);
                    }
                    tracing::info!(%server, %error, "a server cannot be asked for devices; it is asked again later");
                    let now = self.inner.devices.clock.now_ms();
                    e2ee.pause_asking(server, now, (FIRST_PAUSE, LONGEST_PAUSE)).await?;
                    self.inner.devices.are_silent(&[server.to_owned()]);
                    return Ok(());
                }
            }
        }
    }

    async fn ask_for_list(&self, server: &ServerName, list: &Followed) -> Result<()> {
        let e2ee = &self.inner.e2ee;
        match self.inner.devices.servers.devices(server, &list.user_id).await {
            Ok((stream_id, keys)) => e2ee.keep_remote(vec![(list.clone(), Some(stream_id), keys)]).await?,
            // It has no such user, does not want to say, or says nothing of use: that keeps no other user waiting.
            Err(error @ (Error::Remote { status: 400 | 403 | 404, .. } | Error::BadAnswer { .. })) => {
                tracing::info!(%server, user_id = %list.user_id, %error, "a server does not tell the devices of a user");
                e2ee.give_up_remote(list).await?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// A server gave a sign of life: what is wanted of it is asked for at once.
    pub(crate) fn ask_again(&self, server: &ServerName) {
        if !self.inner.devices.is_back(server) {
            return;
        }
        let (this, server) = (self.clone(), server.to_owned());
        self.inner.runtime.spawn(async move {
            match this.inner.e2ee.end_pause(&server).await {
                Ok(true) => this.inner.devices.wake(),
                Ok(false) => {}
                Err(error) => tracing::warn!(%server, %error, "a sign of life could not be noted"),
            }
        });
    }
}

//! Letting go of files of other servers: what nobody has asked for lately, and what is too much.

use std::sync::atomic::Ordering;

use store::{
    Tx,
    media::{deletion, remote},
};

use crate::{Media, Result};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Files that go in one transaction.
const PAGE: i64 = 50;

impl Media {
    /// Lets them go. Where somebody else does so already, nothing happens.
    pub(crate) async fn prune_cache(&self) -> Result<()> {
        let Ok(_alone) = self.cache.pruning.try_lock() else { return Ok(()) };
        let days = i64::try_from(self.config.remote_cache_days).unwrap_or(i64::MAX);
        if days > 0 {
            let before = self.clock.now_ms().saturating_sub(days.saturating_mul(DAY));
            while self.let_go(Some(before), u64::MAX).await? > 0 {}
        }
        if !self.cache.is_changed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        loop {
            let bytes = self.store.slow_snapshot(|conn, _| remote::size(conn)).await?;
            let bytes = u64::try_from(bytes).unwrap_or_default();
            self.cache.bytes.store(bytes, Ordering::Relaxed);
            let excess = bytes.saturating_sub(self.cache_limit());
            if excess == 0 || self.let_go(None, excess).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Lets some of them go: those asked for least lately, where a time is given only those asked for before it, until so
    /// many bytes are gone. Gives how many files went.
    async fn let_go(&self, before: Option<i64>, bytes: u64) -> Result<usize> {
        let oldest = self.store.read(move |conn| remote::least_used(conn, before, PAGE)).await?;
        let (mut gone, mut leaving) = (0_u64, Vec::new());
        for (name, size) in oldest {
            if gone < bytes {
                gone = gone.saturating_add(u64::try_from(size).unwrap_or_default());
                leaving.push(name);
            }
        }
        if leaving.is_empty() {
            return Ok(0);
        }
        let count = leaving.len();
        let delete = move |tx: &mut Tx<'_>| {
            let mut files = Vec::new();
            for (server, id) in &leaving {
                files.extend(deletion::delete_remote(tx, server, id)?.unwrap_or_default());
            }
            Ok((leaving.len(), files))
        };
        self.delete_with(delete).await?;
        tracing::debug!(count, "files of other servers were let go");
        Ok(count)
    }
}

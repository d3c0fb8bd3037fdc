//! Files of other servers (server-server §content-repository): fetched when one of our users asks for them, and kept in the
//! cache of `media`.
//!
//! An answer begins when the file is here whole: so ranges, thumbnails and the name of the content work as with our own
//! files, a file is fetched once however many ask for it, and nobody gets half of one that the other server breaks off.

mod failure;
mod fetch;
pub(crate) mod multipart;
mod under_way;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use media::{Download, Media, Wanted};
use parking_lot::Mutex;
use peerbrain_core::Clock;
use quick_cache::sync::Cache;
use ruma::{OwnedServerName, ServerName};
use tokio::{runtime::Handle, sync::Semaphore};

use crate::{Federation, Result, client::Client};
use failure::Failure;
use under_way::UnderWay;

/// Files of which is remembered why they could not be fetched.
const REMEMBERED: usize = 10_000;
/// The longest that anybody may wait for a file that has not been uploaded yet.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What was fetched since the server was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files that came.
    pub files: u64,
    /// Files that did not.
    pub failures: u64,
    /// Bytes that files of other servers take, with their thumbnails, about.
    pub cached_bytes: u64,
}

/// The way to files of other servers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Files {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    media: Arc<Media>,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    under_way: Mutex<UnderWay>,
    turns: Semaphore,
    /// Why files could not be fetched, and until when that is believed, in milliseconds since 1970.
    failures: Cache<(OwnedServerName, String), (i64, Failure)>,
    fetched: AtomicU64,
    failed: AtomicU64,
}

impl Files {
    pub fn new(client: Client, media: Arc<Media>, clock: Arc<dyn Clock>, runtime: Handle) -> Self {
        Self {
            inner: Arc::new(Inner {
                client,
                media,
                clock,
                runtime,
                under_way: Mutex::default(),
                turns: Semaphore::new(under_way::AT_ONCE),
                failures: Cache::new(REMEMBERED),
                fetched: AtomicU64::new(0),
                failed: AtomicU64::new(0),
            }),
        }
    }

    /// Sees to it that a file is in the cache.
    async fn get(&self, server: &ServerName, media_id: &str, wait: Duration) -> Result<(), Failure> {
        let mut begun = false;
        loop {
            let known = self.inner.failures.get(&(server.to_owned(), media_id.to_owned()));
            if let Some((_, failure)) = known.filter(|(until, _)| self.inner.clock.now_ms() < *until) {
                return Err(failure);
            }
            let (mut outcome, is_ours) = self.fetch_once(server, media_id, wait)?;
            begun |= is_ours;
            let ended = outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| (*outcome).clone());
            match ended.unwrap_or_else(|| Err(Failure::Ours("fetching a file panicked".into()))) {
                // Somebody had begun who would not wait for as long.
                Err(Failure::NotYetUploaded) if !begun && !wait.is_zero() => begun = true,
                ended => return ended,
            }
        }
    }

    /// Remembers how it ended.
    fn note(&self, server: &ServerName, media_id: &str, ended: &Result<(), Failure>) {
        let Err(failure) = ended else {
            self.inner.fetched.fetch_add(1, Ordering::Relaxed);
            return;
        };
        self.inner.failed.fetch_add(1, Ordering::Relaxed);
        if let Some(time) = failure.lasts() {
            let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
            let until = self.inner.clock.now_ms().saturating_add(time);
            self.inner.failures.insert((server.to_owned(), media_id.to_owned()), (until, failure.clone()));
        }
    }
}

impl Files {
    /// As [`Federation::download`].
    pub(crate) async fn download(
        &self,
        server: &ServerName,
        media_id: &str,
        wait: Duration,
        open_only: bool,
        limit: impl Fn() -> accounts::Result<()>,
    ) -> Result<Download> {
        let cached = async || self.inner.media.cached(server, media_id, open_only).await;
        self.obtain(server, media_id, wait, open_only, limit, cached).await
    }

    /// What `cached` gives, after the file was fetched if need be.
    async fn obtain(
        &self,
        server: &ServerName,
        media_id: &str,
        wait: Duration,
        open_only: bool,
        limit: impl Fn() -> accounts::Result<()>,
        cached: impl AsyncFn() -> media::Result<Option<Download>>,
    ) -> Result<Download> {
        if let Some(file) = cached().await? {
            return Ok(file);
        }
        // Nobody asks strangers for the sake of strangers, unless the operator wishes it so.
        let may_fetch = self.inner.client.allows(server) && (!open_only || self.inner.media.open_downloads());
        if !may_fetch {
            return Err(media::Error::NotFound.into());
        }
        limit()?;
        let fetched = self.get(server, media_id, wait.min(LONGEST_WAIT)).await;
        fetched.map_err(|failure| failure.error(server.to_owned()))?;
        Ok(cached().await?.ok_or(media::Error::NotFound)?)
    }
}

impl Federation {
    /// Opens a file of another server, which is fetched if it is not here. Where it has not been uploaded yet, waits for
    /// it so long. `open_only` is for somebody without a token, who gets what came while the operator wished it so. `limit`
    /// says before anything is fetched whether whoever asks may have that done.
    ///
    /// # Errors
    /// As [`Media::download`]; [`crate::Error::Unreachable`], [`crate::Error::BadAnswer`], and that of `limit`.
    pub async fn download(
        &self,
        server: &ServerName,
        media_id: &str,
        wait: Duration,
        open_only: bool,
        limit: impl Fn() -> accounts::Result<()>,
    ) -> Result<Download> {
        self.inner.files.download(server, media_id, wait, open_only, limit).await
    }

    /// A thumbnail of a file of another server. It is made here.
    ///
    /// # Errors
    /// As [`Federation::download`] and [`Media::thumbnail`].
    pub async fn thumbnail(
        &self,
        server: &ServerName,
        media_id: &str,
        wanted: Wanted,
        wait: Duration,
        open_only: bool,
        limit: impl Fn() -> accounts::Result<()>,
    ) -> Result<Download> {
        let files = &self.inner.files;
        let cached = async || files.inner.media.cached_thumbnail(server, media_id, wanted, open_only).await;
        files.obtain(server, media_id, wait, open_only, limit, cached).await
    }

    /// What was fetched of other servers' files.
    pub fn fetched(&self) -> Fetched {
        let files = &self.inner.files.inner;
        Fetched {
            files: files.fetched.load(Ordering::Relaxed),
            failures: files.failed.load(Ordering::Relaxed),
            cached_bytes: files.media.cached_bytes(),
        }
    }
}

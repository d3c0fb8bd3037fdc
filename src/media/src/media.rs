//! The handle that everybody holds.

use std::{path::PathBuf, sync::Arc};

use peerbrain_core::{Clock, Random, config};
use ruma::{OwnedServerName, ServerName};
use store::Store;
use tokio::{runtime::Handle, sync::RwLock};

use crate::{
    Error, Result, Storage,
    download::{Arrivals, Hot},
    housekeeping::Collections,
    remote::Cache,
    thumbnail::Turns,
    upload::UnderWay,
};

/// Bytes of a megabyte.
const MEGABYTE: u64 = 1_048_576;

/// What media needs.
pub struct Options {
    /// The database.
    pub store: Store,
    /// Where large contents lie.
    pub storage: Arc<dyn Storage>,
    /// A folder for files while they are received, from where the storage can take them.
    pub incoming: PathBuf,
    /// The server's name, which is in every URI.
    pub server_name: OwnedServerName,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub random: Arc<dyn Random>,
    /// Limits.
    pub config: config::Media,
    /// On whose blocking threads files are read and written.
    pub runtime: Handle,
}

/// The media of this server. The work is in the files named after it; here is what they share.
pub struct Media {
    pub(crate) store: Store,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) incoming: PathBuf,
    pub(crate) server_name: OwnedServerName,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) config: config::Media,
    pub(crate) runtime: Handle,
    /// Held shared from keeping a file to writing its row, and alone while files are removed: so no file goes that a row
    /// is about to need.
    pub(crate) files: RwLock<()>,
    pub(crate) under_way: Arc<UnderWay>,
    pub(crate) arrivals: Arrivals,
    pub(crate) hot: Hot,
    pub(crate) thumbnails: Turns,
    pub(crate) collections: Collections,
    pub(crate) cache: Cache,
}

impl Media {
    /// The media in `options.store` and `options.storage`.
    pub fn new(options: Options) -> Self {
        let Options { store, storage, incoming, server_name, clock, random, config, runtime } = options;
        let at_once = match config.thumbnails_at_once {
            0 => std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2)),
            number => number,
        };
        Self {
            thumbnails: Turns::new(at_once),
            store,
            storage,
            incoming,
            server_name,
            clock,
            random,
            config,
            runtime,
            files: RwLock::default(),
            under_way: Arc::default(),
            arrivals: Arrivals::default(),
            hot: Hot::default(),
            collections: Collections::default(),
            cache: Cache::default(),
        }
    }

    /// The name of this server.
    pub fn server_name(&self) -> &ServerName {
        &self.server_name
    }

    /// Bytes of the largest file that may be uploaded: the `m.upload.size` of clients.
    pub fn max_upload(&self) -> u64 {
        self.config.max_upload_mb * MEGABYTE
    }

    /// Bytes of the largest file that is fetched from another server.
    pub fn max_remote(&self) -> u64 {
        self.config.max_remote_mb * MEGABYTE
    }

    /// Whether what is kept from now on can be had without a token.
    pub fn open_downloads(&self) -> bool {
        self.config.open_downloads
    }

    /// Bytes that files of other servers may take.
    pub(crate) fn cache_limit(&self) -> u64 {
        self.config.remote_cache_mb.saturating_mul(MEGABYTE)
    }

    /// Bytes that a user may have uploaded in all; none where there is no limit.
    pub(crate) fn quota_bytes(&self) -> Option<u64> {
        (self.config.user_quota_mb > 0).then(|| self.config.user_quota_mb.saturating_mul(MEGABYTE))
    }

    /// Files that a user may have uploaded; none where there is no limit.
    pub(crate) fn quota_files(&self) -> Option<u64> {
        (self.config.user_quota_files > 0).then_some(self.config.user_quota_files)
    }

    /// Runs `work` on a thread that may block.
    pub(crate) async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.runtime.spawn_blocking(work).await.map_err(|_| Error::Internal("the work on a file panicked"))
    }
}

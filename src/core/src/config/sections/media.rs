//! Files.

use std::path::PathBuf;

use crate::config::describe::{settings, unset_when_empty};

settings! {
    /// Uploaded files, and those that are fetched from other servers.
    pub struct Media {
        /// The folder for files of more than 32 KiB; smaller ones are in the database. Unset: "media" in the data folder.
        #[serde(deserialize_with = "unset_when_empty")]
        folder: Option<PathBuf> = None,
        /// Megabytes of the largest file that may be uploaded.
        max_upload_mb: u64 = 100,
        /// Megabytes that one user may have uploaded in all. 0: any number.
        user_quota_mb: u64 = 0,
        /// Files that one user may have uploaded. 0: any number.
        user_quota_files: u64 = 0,
        /// Addresses that a user may have made without having uploaded anything there yet.
        pending_uploads: u32 = 20,
        /// How long such an address waits for its file, in hours.
        pending_hours: u64 = 24,
        /// Megapixels of the largest picture of which thumbnails are made. Each takes 4 MB of memory while one is made.
        thumbnail_megapixels: u64 = 40,
        /// Thumbnails made at the same time. 0: one for every two processor cores.
        thumbnails_at_once: usize = 0,
        /// Megabytes of the largest file that is fetched from another server.
        max_remote_mb: u64 = 100,
        /// Megabytes that files of other servers and their thumbnails may take. Those that nobody has asked for for longest
        /// go first; whoever asks for them again gets them from there again.
        remote_cache_mb: u64 = 10_240,
        /// Days after which such a file goes if nobody has asked for it. 0: it stays as long as there is room.
        remote_cache_days: u64 = 90,
        /// Whether what is uploaded from now on can be had by strangers too, on the paths from before Matrix 1.11, and what is
        /// fetched from other servers from now on. Some old clients need that. Files keep what they came with.
        open_downloads: bool = false,
    }
}

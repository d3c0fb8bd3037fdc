//! Media as a whole, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod backups;
mod created;
mod operators;
mod pictures;
mod quotas;
mod remote;
mod uploads;

use std::{path::PathBuf, sync::Arc, time::Duration};

use peerbrain_core::{ManualClock, SystemRandom, config};
use ruma::{UserId, server_name, user_id};
use store::{Store, testing::Database};
use tempfile::TempDir;

use crate::{Download, Error, Folder, Label, Media, Options, Result};

/// Media in a database and a folder of their own.
struct World {
    media: Media,
    clock: ManualClock,
    store: Store,
    folder: Folder,
    root: TempDir,
    _database: Database,
}

impl World {
    fn open(database: Database) -> Self {
        Self::with(database, |_| {})
    }

    /// With limits of its own.
    fn with(database: Database, change: impl FnOnce(&mut config::Media)) -> Self {
        let mut config = config::Media { max_upload_mb: 2, ..config::Media::default() };
        change(&mut config);
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).unwrap();
        let (store, clock) = (database.open(), ManualClock::at(1_700_000_000_000));
        let media = Media::new(Options {
            store: store.clone(),
            storage: Arc::new(folder.clone()),
            incoming: folder.incoming(),
            server_name: server_name!("example.org").to_owned(),
            clock: Arc::new(clock.clone()),
            random: Arc::new(SystemRandom::new()),
            config,
            runtime: tokio::runtime::Handle::current(),
        });
        Self { media, clock, store, folder, root, _database: database }
    }

    async fn upload(&self, bytes: &[u8]) -> Result<String> {
        self.upload_by(alice(), bytes).await
    }

    async fn upload_by(&self, user: &UserId, bytes: &[u8]) -> Result<String> {
        let mut incoming = self.media.begin_upload(user, None).await?;
        for chunk in bytes.chunks(10_000) {
            incoming.write(chunk).await?;
        }
        self.media.upload(user, incoming, label("text/plain")).await
    }

    async fn download(&self, id: &str) -> Result<Vec<u8>> {
        let file = self.media.download(id, Duration::ZERO).await?;
        let size = file.size;
        Ok(read(file, 0, size).await)
    }

    /// The files that lie in the storage, and those that are being received.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.root.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }
}

fn alice() -> &'static UserId {
    user_id!("@alice:example.org")
}

fn bob() -> &'static UserId {
    user_id!("@bob:example.org")
}

fn label(content_type: &str) -> Label {
    Label { content_type: Some(content_type.into()), file_name: Some("name.txt".into()) }
}

async fn read(file: Download, start: u64, end: u64) -> Vec<u8> {
    let mut body = file.body(start..end);
    let (length, mut bytes) = (body.left(), Vec::new());
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(length, bytes.len() as u64);
    bytes
}

/// Bytes that are not all the same.
fn noise(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|n| ((n * 31 + n / 256 * 7) % 251) as u8 ^ seed).collect()
}

/// What went wrong, in a word.
fn word<T>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "fine",
        Err(Error::NotFound) => "not found",
        Err(Error::NotYetUploaded) => "not yet uploaded",
        Err(Error::CannotOverwrite) => "cannot overwrite",
        Err(Error::Forbidden(_)) => "forbidden",
        Err(Error::TooLarge(_)) => "too large",
        Err(Error::LimitExceeded { .. }) => "limit exceeded",
        Err(Error::InvalidParam(_)) => "invalid",
        Err(Error::NoThumbnail) => "no thumbnail",
        Err(error) => panic!("{error}"),
    }
}

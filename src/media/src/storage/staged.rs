//! A file on its way into the storage.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use peerbrain_core::{Random, random};
use ring::digest::{Context, SHA256};

use crate::ContentHash;

/// After so many bytes what was written is sent to the disk, so that the last sync does not hold up those of others.
const SYNC_EVERY: u64 = 16 << 20;

/// A file that is being received. What is dropped before it is finished and kept leaves nothing behind.
pub(crate) struct Receiving {
    temporary: Temporary,
    file: File,
    hash: Context,
    size: u64,
    unsynced: u64,
}

/// A received file with its hash. What is dropped before it is kept leaves nothing behind.
pub struct Staged {
    temporary: Temporary,
    file: File,
    hash: ContentHash,
    size: u64,
}

/// The name of a file that goes when this is dropped.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may have moved to where it belongs.
        let _already_gone = fs::remove_file(&self.0);
    }
}

impl Receiving {
    /// Makes an empty file in this folder. Blocks.
    pub(crate) fn begin(folder: &Path, random: &dyn Random) -> io::Result<Self> {
        let path = folder.join(random::opaque_id(random));
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(Self { temporary: Temporary(path), file, hash: Context::new(&SHA256), size: 0, unsynced: 0 })
    }

    /// Writes what came. Blocks.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.unsynced += bytes.len() as u64;
        if self.unsynced >= SYNC_EVERY {
            self.file.sync_data()?;
            self.unsynced = 0;
        }
        Ok(())
    }

    /// All has come.
    pub(crate) fn finish(self) -> Staged {
        let Self { temporary, file, hash, size, .. } = self;
        Staged { temporary, file, hash: ContentHash::finished(&hash.finish()), size }
    }
}

impl Staged {
    /// The hash of what was received.
    pub fn hash(&self) -> &ContentHash {
        &self.hash
    }

    /// How many bytes were received.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where it lies for now. Whoever moves the file away keeps it.
    pub fn path(&self) -> &Path {
        &self.temporary.0
    }

    /// Sends it to the disk. Blocks.
    pub fn sync(&self) -> io::Result<()> {
        #[cfg(feature = "sabotage")]
        if super::sabotage::forgets_files() {
            return Ok(());
        }
        self.file.sync_all()
    }
}

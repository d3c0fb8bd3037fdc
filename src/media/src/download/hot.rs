//! Small files and thumbnails that were fetched lately, such as avatars: they cost no database.

use bytes::Bytes;
use parking_lot::RwLock;
use quick_cache::{Weighter, sync::Cache};
use store::media::ThumbnailKey;

use crate::{ContentHash, address::Address};

/// Bytes of all of them.
const BYTES: u64 = 8 << 20;
/// Bytes that one takes beside its content.
const BESIDE: usize = 400;
/// How many there are if they are of the usual size.
const USUAL: usize = 1_000;

/// A file, and which of its thumbnails.
type Key = (Address, Option<ThumbnailKey>);

/// A file that was fetched lately.
#[derive(Clone)]
pub(crate) struct HotFile {
    pub hash: ContentHash,
    pub content_type: String,
    pub file_name: Option<String>,
    pub is_open: bool,
    pub bytes: Bytes,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, HotFile> for Weight {
    fn weight(&self, _: &Key, file: &HotFile) -> u64 {
        (file.bytes.len() + BESIDE) as u64
    }
}

/// Those files.
pub(crate) struct Hot {
    files: Cache<Key, HotFile, Weight>,
    /// How often they were all forgotten.
    forgotten: RwLock<u64>,
}

impl Default for Hot {
    fn default() -> Self {
        Self { files: Cache::with_weighter(USUAL, BYTES, Weight), forgotten: RwLock::default() }
    }
}

impl Hot {
    /// A file, for somebody with a token or for anybody.
    pub fn get(&self, address: &Address, thumbnail: Option<ThumbnailKey>, open_only: bool) -> Option<HotFile> {
        self.files.get(&(address.clone(), thumbnail)).filter(|file| file.is_open || !open_only)
    }

    /// To be asked before a file is read that [`Hot::keep`] may be given.
    pub fn moment(&self) -> u64 {
        *self.forgotten.read()
    }

    /// Keeps a file that was read after `moment`, unless all have been forgotten since: it may be one of the reasons.
    pub fn keep(&self, moment: u64, address: &Address, thumbnail: Option<ThumbnailKey>, file: HotFile) {
        let forgotten = self.forgotten.read();
        if *forgotten == moment {
            self.files.insert((address.clone(), thumbnail), file);
        }
    }

    /// Forgets all: an operator has taken something away.
    pub fn forget(&self) {
        let mut forgotten = self.forgotten.write();
        *forgotten += 1;
        self.files.clear();
    }
}

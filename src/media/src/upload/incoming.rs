//! A file while it is received.

use std::{io, path::PathBuf, sync::Arc};

use peerbrain_core::Random;
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{
    ContentHash, Error, Result, Staged,
    storage::Receiving,
    upload::{SMALL, TOO_LARGE, under_way::Place},
};

/// How much is collected before it is written. Twice as much is in memory at most: one block comes while another is
/// written.
const BLOCK: usize = 256 * 1_024;

/// A file while it is received. What is dropped leaves nothing behind.
pub struct Incoming {
    folder: PathBuf,
    runtime: Handle,
    random: Arc<dyn Random>,
    limit: u64,
    size: u64,
    block: Vec<u8>,
    /// The file, while a block is written to it.
    writing: Option<JoinHandle<io::Result<Receiving>>>,
    /// One of its uploader's, if a user uploads it.
    _place: Option<Place>,
}

/// A file that has been received.
pub(crate) enum Received {
    /// In memory.
    Small(ContentHash, Vec<u8>),
    /// On disk.
    Large(Staged),
}

impl Received {
    pub(crate) fn hash(&self) -> ContentHash {
        match self {
            Self::Small(hash, _) => *hash,
            Self::Large(staged) => *staged.hash(),
        }
    }

    pub(crate) fn size(&self) -> i64 {
        match self {
            Self::Small(_, bytes) => i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            Self::Large(staged) => i64::try_from(staged.size()).unwrap_or(i64::MAX),
        }
    }
}

impl Incoming {
    pub(crate) fn new(
        folder: PathBuf,
        runtime: Handle,
        random: Arc<dyn Random>,
        limit: u64,
        place: Option<Place>,
    ) -> Self {
        Self { folder, runtime, random, limit, size: 0, block: Vec::new(), writing: None, _place: place }
    }

    /// Takes what has come.
    ///
    /// # Errors
    /// [`Error::TooLarge`]; [`Error::Storage`] where it cannot be written.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(TOO_LARGE);
        }
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK { self.write_block().await } else { Ok(()) }
    }

    /// Lets the block be written, as soon as the one before it is.
    async fn write_block(&mut self) -> Result<()> {
        let file = match self.writing.take() {
            Some(writing) => Some(written(writing).await?),
            None => None,
        };
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK + BLOCK / 4));
        let (folder, random) = (self.folder.clone(), self.random.clone());
        self.writing = Some(self.runtime.spawn_blocking(move || {
            let mut file = file.map_or_else(|| Receiving::begin(&folder, &*random), Ok)?;
            file.write(&block)?;
            Ok(file)
        }));
        Ok(())
    }

    /// All has come.
    pub(crate) async fn finish(mut self) -> Result<Received> {
        if self.writing.is_none() && self.block.len() <= SMALL {
            let bytes = std::mem::take(&mut self.block);
            return Ok(Received::Small(ContentHash::of(&bytes), bytes));
        }
        if !self.block.is_empty() {
            self.write_block().await?;
        }
        match self.writing.take() {
            Some(writing) => Ok(Received::Large(written(writing).await?.finish())),
            None => Err(Error::Internal("a large file was never written")),
        }
    }
}

async fn written(writing: JoinHandle<io::Result<Receiving>>) -> Result<Receiving> {
    Ok(writing.await.map_err(|_| Error::Internal("writing a file panicked"))??)
}

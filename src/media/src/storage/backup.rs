//! Contents on their way into a backup and out of it.

use std::io::{self, Read, Write};

use peerbrain_core::SystemRandom;
use store::backup::{ContentFiles, NewContentFile};

use crate::{ContentHash, Folder, Storage, storage::Receiving};

impl ContentFiles for Folder {
    fn open(&self, hash: &[u8]) -> io::Result<Option<Box<dyn Read>>> {
        let hash = ContentHash::from_bytes(hash).ok_or(io::ErrorKind::InvalidInput)?;
        match Storage::open(self, &hash) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, hash: &[u8]) -> io::Result<Box<dyn NewContentFile>> {
        let hash = ContentHash::from_bytes(hash).ok_or(io::ErrorKind::InvalidInput)?;
        let receiving = Receiving::begin(&self.incoming(), &SystemRandom::new())?;
        Ok(Box::new(Restored { folder: self.clone(), hash, receiving }))
    }
}

/// A content out of a backup.
struct Restored {
    folder: Folder,
    hash: ContentHash,
    receiving: Receiving,
}

impl Write for Restored {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.receiving.write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl NewContentFile for Restored {
    fn keep(self: Box<Self>) -> io::Result<()> {
        let staged = self.receiving.finish();
        if *staged.hash() != self.hash {
            return Err(io::Error::other("a content in the backup is not what its hash says"));
        }
        self.folder.keep(staged)
    }
}

//! Where large contents lie.

mod backup;
mod folder;
#[cfg(feature = "sabotage")]
mod sabotage;
mod staged;

use std::{
    io::{self, Read, Seek},
    time::SystemTime,
};

pub use folder::Folder;
pub(crate) use staged::Receiving;
pub use staged::Staged;

use crate::ContentHash;

/// A store of contents under their hashes. Its functions block, and are called on threads that may.
pub trait Storage: Send + Sync + 'static {
    /// Takes over a received file. When this returns, a power cut does not lose it. A content that is there already is
    /// marked as new.
    fn keep(&self, staged: Staged) -> io::Result<()>;

    /// Opens a content. Whoever has opened it can read it to its end, even if it is removed meanwhile.
    fn open(&self, hash: &ContentHash) -> io::Result<Box<dyn Source>>;

    /// Removes a content; nothing happens where it is not there.
    fn remove(&self, hash: &ContentHash) -> io::Result<()>;

    /// Shows `visit` every content that there is, in any order.
    fn list(&self, visit: &mut dyn FnMut(Stored)) -> io::Result<()>;
}

/// An open content.
pub trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

/// A content in a list.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// Its hash.
    pub hash: ContentHash,
    /// When it was last kept.
    pub kept_at: SystemTime,
}

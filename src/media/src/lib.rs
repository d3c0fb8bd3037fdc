//! Media: files that users upload for others to fetch.
//!
//! Here live uploading (at once, or to an address made before), downloading in parts, thumbnails, quotas, what operators
//! do to files, the cache of other servers' files, and the [`Storage`] in which large contents lie, with a local folder as the one that there is. A content is
//! kept once under its SHA-256; a small one in the database, so that it shares its fsync with other writes, a larger one in
//! the storage. A row is never written before its content is safe; a content without a row is collected. Nothing of HTTP
//! belongs here but content types, and nothing of rooms.

mod address;
mod content_hash;
mod download;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod housekeeping;
mod media;
mod media_id;
mod operate;
mod remote;
mod storage;
#[cfg(test)]
mod tests;
mod thumbnail;
mod upload;

pub use content_hash::ContentHash;
pub use download::{Body, Download};
pub use error::{Error, Result};
pub use media::{Media, Options};
pub use operate::{Deleted, File, Which};
pub use storage::{Folder, Source, Staged, Storage, Stored};
pub use thumbnail::{Method, Wanted};
pub use upload::{Created, Incoming, Label};

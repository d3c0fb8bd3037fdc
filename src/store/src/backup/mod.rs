//! Backups: the whole database as text that either kind of database can be filled from.
//!
//! A backup is a file of lines. The first says what it is of; then come parts, each a line that names it and one JSON
//! array per row; the last line is the manifest with the number of rows and the SHA-256 of every part. All of it is read
//! in one snapshot, while the server may go on. Files that belong to the database (key, configuration) are parts too, and so
//! are the contents of media that are too large to lie in it.

pub(crate) mod catalog;
mod check;
mod content_files;
mod format;
mod read;
mod restore;
#[cfg(test)]
mod tests;
mod write;

pub use check::check;
pub use content_files::{ContentFiles, NewContentFile};
pub use format::Header;
pub use read::{Attachment, Contents, verify};
pub use restore::restore;
pub use write::write;

/// How many positions a restore leaves out where it cannot go by the time. Whatever the lost server gave out after its last backup, it was less.
pub const POSITIONS_SKIPPED: i64 = 1 << 40;

/// How many positions a restore takes for each millisecond since 1970: more than any server gives out, and so few that
/// positions stay integers of JSON (below 2^53) for two centuries.
pub const POSITIONS_PER_MS: i64 = 1 << 10;

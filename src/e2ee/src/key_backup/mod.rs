//! Backups of room keys, which the server cannot read (client-server § Server-side key backups).
//!
//! A user may have several versions of a backup; the newest takes keys. Of two keys for one session the better stays.

mod bounds;
mod delete;
mod read;
mod session;
mod store_keys;
#[cfg(test)]
mod tests;
mod versions;

pub use read::BackupPages;
pub use session::{RoomKeys, SessionKey};
pub use store::e2ee::key_backup_sessions::Place;
pub use versions::{BackupInfo, NewBackup};

/// How the keys of a version stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupState {
    /// Changes with the keys.
    pub etag: String,
    /// How many keys there are.
    pub count: i64,
}

impl BackupState {
    fn of(backup: &store::e2ee::KeyBackupRow) -> Self {
        Self { etag: backup.etag.to_string(), count: backup.sessions }
    }
}

/// The number of a version, where the text is one that this server could have given.
fn number(version: &str) -> Option<i64> {
    let number: i64 = version.parse().ok()?;
    (number > 0 && number.to_string() == version).then_some(number)
}

fn no_such_version() -> crate::Error {
    crate::Error::not_found("there is no such backup version")
}

//! Versions: made, read, changed and deleted.

use ruma::UserId;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::e2ee::{KeyBackupRow, key_backup};

use super::{
    BackupState,
    bounds::{AUTH_DATA_BYTES, VERSIONS},
    no_such_version, number,
};
use crate::{E2ee, Error, Result, ids::is_storable};

/// A version as a client makes or changes it.
#[derive(Debug, Deserialize)]
pub struct NewBackup {
    /// How keys are encrypted.
    pub algorithm: String,
    /// With what.
    pub auth_data: Box<RawValue>,
    /// The version that is changed; it may be left out.
    pub version: Option<String>,
}

impl NewBackup {
    fn check(&self) -> Result<()> {
        let auth_data = self.auth_data.get();
        if !auth_data.starts_with('{') {
            return Err(Error::bad_json("auth_data must be an object"));
        }
        if self.algorithm.is_empty() || !is_storable(&self.algorithm) {
            return Err(Error::invalid_param("the name of the algorithm is empty or too long"));
        }
        if auth_data.len() > AUTH_DATA_BYTES {
            return Err(Error::too_large("auth_data is too large"));
        }
        Ok(())
    }
}

/// What is told of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupInfo {
    /// Its name.
    pub version: String,
    /// How its keys are encrypted.
    pub algorithm: String,
    /// With what, as it was sent: a JSON object.
    pub auth_data: String,
    /// How its keys stand.
    pub state: BackupState,
}

impl From<KeyBackupRow> for BackupInfo {
    fn from(row: KeyBackupRow) -> Self {
        let state = BackupState::of(&row);
        Self { version: row.version.to_string(), algorithm: row.algorithm, auth_data: row.auth_data, state }
    }
}

enum Changed {
    Done,
    NoVersion,
    OtherAlgorithm,
}

impl E2ee {
    /// Makes a version, which is the newest from then on; gives its name, which no version of the user had before.
    ///
    /// # Errors
    /// For what is no version, and where the user has too many.
    pub async fn create_backup(&self, user_id: &UserId, backup: NewBackup) -> Result<String> {
        backup.check()?;
        self.delete_orphaned_keys(user_id).await?;
        let (user_id, NewBackup { algorithm, auth_data, .. }) = (user_id.to_string(), backup);
        let made = self.store().write(move |tx| {
            if key_backup::usage(tx.conn(), &user_id)?.versions >= VERSIONS {
                return Ok(None);
            }
            key_backup::create(tx, &user_id, &algorithm, auth_data.get()).map(Some)
        });
        let too_many = || Error::Forbidden("this account has too many key backups: delete some of them first".into());
        made.await?.map(|version| version.to_string()).ok_or_else(too_many)
    }

    /// One version, or the newest.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn backup(&self, user_id: &UserId, version: Option<&str>) -> Result<BackupInfo> {
        let user_id = user_id.to_string();
        let number = version.map(|version| number(version).ok_or_else(no_such_version)).transpose()?;
        let found = self.store().read(move |conn| match number {
            Some(number) => key_backup::get(conn, &user_id, number),
            None => key_backup::newest(conn, &user_id),
        });
        found.await?.map(BackupInfo::from).ok_or_else(no_such_version)
    }

    /// Changes what a version is encrypted with. All else of it stays.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::InvalidParam`] where another version or algorithm is named.
    pub async fn change_backup(&self, user_id: &UserId, version: &str, backup: NewBackup) -> Result<()> {
        backup.check()?;
        if backup.version.as_ref().is_some_and(|named| named != version) {
            return Err(Error::invalid_param("the version in the body is another than that in the path"));
        }
        let (user_id, version) = (user_id.to_string(), number(version).ok_or_else(no_such_version)?);
        let changed = self.store().write(move |tx| match key_backup::get(tx.conn(), &user_id, version)? {
            None => Ok(Changed::NoVersion),
            Some(row) if row.algorithm != backup.algorithm => Ok(Changed::OtherAlgorithm),
            Some(_) => {
                key_backup::set_auth_data(tx, &user_id, version, backup.auth_data.get())?;
                Ok(Changed::Done)
            }
        });
        match changed.await? {
            Changed::Done => Ok(()),
            Changed::NoVersion => Err(no_such_version()),
            Changed::OtherAlgorithm => Err(Error::invalid_param("the algorithm of a backup cannot be changed")),
        }
    }

    /// Deletes a version with its keys. One that was deleted before counts as deleted.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what was never a version.
    pub async fn delete_backup(&self, user_id: &UserId, version: &str) -> Result<()> {
        let number = number(version).ok_or_else(no_such_version)?;
        let user = user_id.to_string();
        let known = self.store().write(move |tx| {
            key_backup::delete(tx, &user, number)?;
            Ok(number <= key_backup::last_made(tx.conn(), &user)?)
        });
        if !known.await? {
            return Err(no_such_version());
        }
        self.delete_orphaned_keys(user_id).await
    }
}

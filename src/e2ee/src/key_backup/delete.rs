//! `DELETE /room_keys/keys` in its three forms.

use ruma::UserId;
use store::{
    Tx,
    e2ee::{key_backup, key_backup_sessions},
};

use super::{BackupState, Place, bounds::DELETED_AT_ONCE, no_such_version, number};
use crate::{E2ee, Result, ids::is_storable};

impl E2ee {
    /// Deletes the keys of a place in any version. Many are deleted piece by piece.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] for what is no version. There may be no keys.
    pub async fn delete_backup_keys(&self, user_id: &UserId, version: &str, place: Place) -> Result<BackupState> {
        let number = number(version).ok_or_else(no_such_version)?;
        let storable = |name: &Option<String>| name.as_deref().is_none_or(is_storable);
        if !storable(&place.room_id) || !storable(&place.session_id) {
            return Ok(self.backup(user_id, Some(version)).await?.state);
        }
        loop {
            let (user_id, place) = (user_id.to_string(), place.clone());
            let deleted = self.store().write(move |tx| delete_some(tx, &user_id, number, &place)).await?;
            let (state, deleted) = deleted.ok_or_else(no_such_version)?;
            if deleted < DELETED_AT_ONCE {
                return Ok(state);
            }
        }
    }

    /// Deletes the keys of versions that are deleted themselves. What is left of it when it ends early goes next time.
    pub(super) async fn delete_orphaned_keys(&self, user_id: &UserId) -> Result<()> {
        loop {
            let user = user_id.to_string();
            let orphaned = self.store().read(move |conn| key_backup_sessions::orphaned_version(conn, &user)).await?;
            let Some(version) = orphaned else { return Ok(()) };
            let user = user_id.to_string();
            self.store()
                .write(move |tx| {
                    key_backup_sessions::delete_some(tx, &user, version, &Place::default(), DELETED_AT_ONCE)
                })
                .await?;
        }
    }
}

/// Deletes some keys; gives how the version stands then, and how many they were. None where there is no such version.
fn delete_some(
    tx: &mut Tx<'_>,
    user_id: &str,
    version: i64,
    place: &Place,
) -> store::Result<Option<(BackupState, i64)>> {
    if key_backup::get(tx.conn(), user_id, version)?.is_none() {
        return Ok(None);
    }
    let (sessions, bytes) = key_backup_sessions::delete_some(tx, user_id, version, place, DELETED_AT_ONCE)?;
    if sessions > 0 {
        key_backup::note_changed(tx, user_id, version, -sessions, -bytes)?;
    }
    let backup = key_backup::get(tx.conn(), user_id, version)?;
    Ok(backup.map(|backup| (BackupState::of(&backup), sessions)))
}

//! `PUT /room_keys/keys` in its three forms.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use ruma::UserId;
use store::{
    Tx,
    e2ee::{BackedUpSessionRow, SessionMetadata, key_backup, key_backup_sessions},
};

use super::{
    BackupState, RoomKeys,
    bounds::{BYTES, SESSIONS},
    no_such_version,
    session::is_better,
};
use crate::{E2ee, Error, Result};

enum Outcome {
    Stored(BackupState),
    NoVersion,
    /// That is the newest.
    OtherVersion(i64),
    TooMuch,
}

impl E2ee {
    /// Stores keys, by room, in the newest version: all of them, or none. Those that are no better than what is stored for
    /// their session are passed over.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no backup, [`Error::WrongBackupVersion`] where another version is the newest;
    /// for what is no key; where the account has too many.
    pub async fn store_backup_keys(
        &self,
        user_id: &UserId,
        version: &str,
        rooms: BTreeMap<String, RoomKeys>,
    ) -> Result<BackupState> {
        let user_id = user_id.to_string();
        let mut rows = Vec::new();
        for (room_id, keys) in rooms {
            for (session_id, key) in keys.sessions {
                rows.push(key.row(&user_id, (&room_id, &session_id))?);
            }
        }
        let (rows, version) = (Arc::new(rows), version.to_owned());
        match self.store().write(move |tx| write(tx, &user_id, &version, &rows)).await? {
            Outcome::Stored(state) => Ok(state),
            Outcome::NoVersion => Err(no_such_version()),
            Outcome::OtherVersion(newest) => Err(Error::WrongBackupVersion(newest.to_string())),
            Outcome::TooMuch => Err(Error::too_large("this account has too many keys in its backups")),
        }
    }
}

fn write(tx: &mut Tx<'_>, user_id: &str, version: &str, rows: &[BackedUpSessionRow]) -> store::Result<Outcome> {
    let Some(newest) = key_backup::newest(tx.conn(), user_id)? else { return Ok(Outcome::NoVersion) };
    if newest.version.to_string() != version {
        return Ok(Outcome::OtherVersion(newest.version));
    }
    let wanted: Vec<(&str, &str)> = rows.iter().map(|row| (&*row.room_id, &*row.session_id)).collect();
    let stored = key_backup_sessions::metadata(tx.conn(), user_id, newest.version, &wanted)?;
    let stored: HashMap<(&str, &str), &SessionMetadata> =
        stored.iter().map(|stored| ((&*stored.room_id, &*stored.session_id), stored)).collect();
    let (mut better, mut sessions, mut bytes) = (Vec::new(), 0, 0);
    for row in rows {
        match stored.get(&(&*row.room_id, &*row.session_id)) {
            Some(stored) if !is_better(row, stored) => continue,
            Some(stored) => bytes -= i64::from(stored.bytes),
            None => sessions += 1,
        }
        bytes += i64::try_from(row.session_data.len()).unwrap_or(i64::MAX);
        better.push(row);
    }
    if better.is_empty() {
        return Ok(Outcome::Stored(BackupState::of(&newest)));
    }
    let usage = key_backup::usage(tx.conn(), user_id)?;
    if usage.sessions + sessions > SESSIONS || usage.bytes + bytes > BYTES {
        return Ok(Outcome::TooMuch);
    }
    key_backup_sessions::set(tx, user_id, newest.version, &better)?;
    key_backup::note_changed(tx, user_id, newest.version, sessions, bytes)?;
    Ok(Outcome::Stored(BackupState { etag: (newest.etag + 1).to_string(), count: newest.sessions + sessions }))
}

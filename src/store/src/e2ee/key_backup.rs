//! Backups of room keys: their versions. The keys are in [`key_backup_sessions`](super::key_backup_sessions).

use diesel::{prelude::*, upsert::excluded};

use crate::{
    Conn, Result, Tx,
    connection::both,
    schema::{key_backup_versions, key_backups},
};

/// A row of `key_backups`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = key_backups)]
pub struct KeyBackupRow {
    /// Whose backup.
    pub user_id: String,
    /// Its version.
    pub version: i64,
    /// How the keys are encrypted.
    pub algorithm: String,
    /// With what, a JSON object.
    pub auth_data: String,
    /// How often its keys have changed.
    pub etag: i64,
    /// How many keys it has.
    pub sessions: i64,
    /// Bytes of their data.
    pub bytes: i64,
}

/// What all backups of a user take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many versions there are.
    pub versions: i64,
    /// How many keys they have.
    pub sessions: i64,
    /// Bytes of their data.
    pub bytes: i64,
}

/// One version.
pub fn get(conn: &mut Conn, user_id: &str, version: i64) -> Result<Option<KeyBackupRow>> {
    let row = key_backups::table.find((user_id, version));
    Ok(row.select(KeyBackupRow::as_select()).get_result(conn).optional()?)
}

/// The newest version that there is.
pub fn newest(conn: &mut Conn, user_id: &str) -> Result<Option<KeyBackupRow>> {
    let of_user = key_backups::table.filter(key_backups::user_id.eq(user_id)).order(key_backups::version.desc());
    Ok(of_user.select(KeyBackupRow::as_select()).first(conn).optional()?)
}

/// The last version that the user made, which may be deleted by now; 0 where there was none.
pub fn last_made(conn: &mut Conn, user_id: &str) -> Result<i64> {
    let row = key_backup_versions::table.find(user_id).select(key_backup_versions::version);
    Ok(row.get_result(conn).optional()?.unwrap_or(0))
}

/// What the user's backups take.
pub fn usage(conn: &mut Conn, user_id: &str) -> Result<Usage> {
    let of_user = key_backups::table.filter(key_backups::user_id.eq(user_id));
    let rows: Vec<(i64, i64)> = of_user.select((key_backups::sessions, key_backups::bytes)).load(conn)?;
    let sum = |usage: Usage, (sessions, bytes): (i64, i64)| Usage {
        versions: usage.versions + 1,
        sessions: usage.sessions + sessions,
        bytes: usage.bytes + bytes,
    };
    Ok(rows.into_iter().fold(Usage::default(), sum))
}

/// Makes a version, with a number that was not used before; gives it.
pub fn create(tx: &mut Tx<'_>, user_id: &str, algorithm: &str, auth_data: &str) -> Result<i64> {
    let version = last_made(tx.conn(), user_id)? + 1;
    let row = (key_backup_versions::user_id.eq(user_id), key_backup_versions::version.eq(version));
    both!(tx.conn(), c => diesel::insert_into(key_backup_versions::table)
        .values(row)
        .on_conflict(key_backup_versions::user_id)
        .do_update()
        .set(key_backup_versions::version.eq(excluded(key_backup_versions::version)))
        .execute(c))?;
    let row = KeyBackupRow {
        user_id: user_id.to_owned(),
        version,
        algorithm: algorithm.to_owned(),
        auth_data: auth_data.to_owned(),
        etag: 0,
        sessions: 0,
        bytes: 0,
    };
    diesel::insert_into(key_backups::table).values(row).execute(tx.conn())?;
    Ok(version)
}

/// Changes what a version is encrypted with.
pub fn set_auth_data(tx: &mut Tx<'_>, user_id: &str, version: i64, auth_data: &str) -> Result<()> {
    let row = key_backups::table.find((user_id, version));
    diesel::update(row).set(key_backups::auth_data.eq(auth_data)).execute(tx.conn())?;
    Ok(())
}

/// Notes that the keys of a version have changed, by so many keys and bytes.
pub fn note_changed(tx: &mut Tx<'_>, user_id: &str, version: i64, sessions: i64, bytes: i64) -> Result<()> {
    let row = key_backups::table.find((user_id, version));
    diesel::update(row)
        .set((
            key_backups::etag.eq(key_backups::etag + 1),
            key_backups::sessions.eq(key_backups::sessions + sessions),
            key_backups::bytes.eq(key_backups::bytes + bytes),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Deletes a version, but not its keys: nobody sees them any more.
pub fn delete(tx: &mut Tx<'_>, user_id: &str, version: i64) -> Result<()> {
    diesel::delete(key_backups::table.find((user_id, version))).execute(tx.conn())?;
    Ok(())
}

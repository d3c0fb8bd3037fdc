//! `GET /room_keys/keys` in its three forms. A whole backup can be large, so it is read and sent by pages.

use ruma::UserId;
use store::e2ee::{BackedUpSessionRow, key_backup, key_backup_sessions};

use super::{Place, bounds::PAGE, no_such_version, number, session::write};
use crate::{E2ee, Error, Result, ids::is_storable, keys::json_text};

/// A backup, or what it has of one room, as the text of a JSON object that comes in pieces. What changes meanwhile may or
/// may not be in it.
pub struct BackupPages {
    e2ee: E2ee,
    user_id: String,
    version: i64,
    place: Place,
    /// The key before the next page; none before the first.
    after: Option<(String, String)>,
    done: bool,
}

impl E2ee {
    /// Begins to read all keys of a version, or those of one room.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is no version.
    pub async fn read_backup(&self, user_id: &UserId, version: &str, room_id: Option<&str>) -> Result<BackupPages> {
        let version = self.version(user_id, version).await?;
        // What cannot be stored is in no backup, and neither is a room without a name.
        let room_id = room_id.map(|room_id| if is_storable(room_id) { room_id.to_owned() } else { String::new() });
        let place = Place { room_id, session_id: None };
        Ok(BackupPages { e2ee: self.clone(), user_id: user_id.to_string(), version, place, after: None, done: false })
    }

    /// One key of a version, as JSON.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn backup_key(
        &self,
        user_id: &UserId,
        version: &str,
        (room_id, session_id): (&str, &str),
    ) -> Result<String> {
        let number = self.version(user_id, version).await?;
        let no_key = || Error::not_found("there is no such key in the backup");
        if !is_storable(room_id) || !is_storable(session_id) {
            return Err(no_key());
        }
        let place = Place { room_id: Some(room_id.to_owned()), session_id: Some(session_id.to_owned()) };
        let user_id = user_id.to_string();
        let read = self.store().read(move |conn| key_backup_sessions::page(conn, &user_id, number, &place, None, 1));
        let mut text = String::new();
        write(read.await?.first().ok_or_else(no_key)?, &mut text);
        Ok(text)
    }

    /// The number of a version that there is.
    async fn version(&self, user_id: &UserId, version: &str) -> Result<i64> {
        let (user_id, version) = (user_id.to_string(), number(version).ok_or_else(no_such_version)?);
        let row = self.store().read(move |conn| key_backup::get(conn, &user_id, version)).await?;
        row.map(|row| row.version).ok_or_else(no_such_version)
    }
}

impl BackupPages {
    /// Whether the last piece has been given.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// The next piece; none after the last.
    ///
    /// # Errors
    /// What the database says, and where the version has been deleted meanwhile. The text is not complete then.
    pub async fn next(&mut self) -> Result<Option<String>> {
        if self.done {
            return Ok(None);
        }
        let first = self.after.is_none();
        let (user_id, version) = (self.user_id.clone(), self.version);
        let (place, after) = (self.place.clone(), self.after.clone());
        let read = self.e2ee.store().read(move |conn| {
            if key_backup::get(conn, &user_id, version)?.is_none() {
                return Ok(None);
            }
            let after = after.as_ref().map(|(room, session)| (room.as_str(), session.as_str()));
            key_backup_sessions::page(conn, &user_id, version, &place, after, PAGE).map(Some)
        });
        let rows = read.await?.ok_or_else(no_such_version)?;
        let last = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        let text = self.text(&rows, first, last);
        self.after = rows.into_iter().next_back().map(|row| (row.room_id, row.session_id)).or(self.after.take());
        self.done = last;
        Ok(Some(text))
    }

    fn text(&self, rows: &[BackedUpSessionRow], first: bool, last: bool) -> String {
        let one_room = self.place.room_id.is_some();
        let mut room = self.after.as_ref().map(|(room, _)| room.as_str()).filter(|_| !one_room);
        let mut text = String::with_capacity(100 + rows.iter().map(|row| 200 + row.session_data.len()).sum::<usize>());
        if first {
            text.push_str(if one_room { r#"{"sessions":{"# } else { r#"{"rooms":{"# });
        }
        let mut comma = !first;
        for row in rows {
            if !one_room && room != Some(&*row.room_id) {
                text.push_str(if room.is_some() { "}}," } else { "" });
                text.push_str(&json_text(&row.room_id));
                text.push_str(r#":{"sessions":{"#);
                room = Some(&row.room_id);
                comma = false;
            }
            text.push_str(if comma { "," } else { "" });
            text.push_str(&json_text(&row.session_id));
            text.push(':');
            write(row, &mut text);
            comma = true;
        }
        if last {
            text.push_str(if room.is_some() { "}}" } else { "" });
            text.push_str("}}");
        }
        text
    }
}

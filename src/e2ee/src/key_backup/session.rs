//! One key of a backup.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::Deserialize;
use serde_json::value::RawValue;
use store::e2ee::{BackedUpSessionRow, SessionMetadata};

use super::bounds::SESSION_DATA_BYTES;
use crate::{Error, Result, ids::is_storable};

/// The largest integer of Matrix.
const LARGEST: i64 = (1 << 53) - 1;

/// Keys of a room, by session.
#[derive(Debug, Deserialize)]
pub struct RoomKeys {
    /// The keys.
    pub sessions: BTreeMap<String, SessionKey>,
}

/// A key as a client sends it.
#[derive(Debug, Deserialize)]
pub struct SessionKey {
    /// The first message that it opens.
    pub first_message_index: u64,
    /// Through how many hands it has gone.
    pub forwarded_count: u64,
    /// Whether the device that it came from was verified.
    pub is_verified: bool,
    /// The key itself, encrypted.
    pub session_data: Box<RawValue>,
}

impl SessionKey {
    /// The row of this key.
    ///
    /// # Errors
    /// Names and data that are of another form, or too large.
    pub(super) fn row(self, user_id: &str, (room_id, session_id): (&str, &str)) -> Result<BackedUpSessionRow> {
        let integer = |number: u64| i64::try_from(number).ok().filter(|number| *number <= LARGEST);
        let integer = |number| integer(number).ok_or(Error::invalid_param("a number is too large"));
        for name in [room_id, session_id] {
            if name.is_empty() || !is_storable(name) {
                return Err(Error::invalid_param("the id of a room or session is empty or too long"));
            }
        }
        if !self.session_data.get().starts_with('{') {
            return Err(Error::bad_json("session_data must be an object"));
        }
        if self.session_data.get().len() > SESSION_DATA_BYTES {
            return Err(Error::too_large("session_data is too large"));
        }
        Ok(BackedUpSessionRow {
            user_id: user_id.to_owned(),
            // That is the newest, which the write will know.
            version: 0,
            room_id: room_id.to_owned(),
            session_id: session_id.to_owned(),
            first_message_index: integer(self.first_message_index)?,
            forwarded_count: integer(self.forwarded_count)?,
            is_verified: self.is_verified,
            session_data: Box::<str>::from(self.session_data).into(),
        })
    }
}

/// Whether a new key takes the place of one that is stored: verified ones come first, then those that open earlier
/// messages, then those that went through fewer hands. Where nothing speaks for the new one, the old one stays.
pub(super) fn is_better(new: &BackedUpSessionRow, stored: &SessionMetadata) -> bool {
    let rank = |verified: bool, index: i64, count: i64| (verified, Reverse(index), Reverse(count));
    rank(new.is_verified, new.first_message_index, new.forwarded_count)
        > rank(stored.is_verified, stored.first_message_index, stored.forwarded_count)
}

/// Adds a stored key to a text, as clients get it.
pub(super) fn write(row: &BackedUpSessionRow, text: &mut String) {
    use std::fmt::Write;
    let BackedUpSessionRow { first_message_index, forwarded_count, is_verified, session_data, .. } = row;
    // Nothing that is written to a text fails.
    let _ = write!(
        text,
        r#"{{"first_message_index":{first_message_index},"forwarded_count":{forwarded_count},"is_verified":{is_verified},"session_data":{session_data}}}"#,
    );
}

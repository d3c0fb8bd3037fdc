//! One room.

use diesel::prelude::*;

use crate::{Error, Result, schema::rooms};

/// A row of `rooms`: the head on which the next event is built.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rooms, treat_none_as_default_value = false)]
pub struct RoomRow {
    /// Its number.
    pub nid: i64,
    /// The Matrix room id.
    pub room_id: String,
    /// The room version.
    pub version: String,
    /// Counts the appends.
    pub revision: i64,
    /// The position of the newest event.
    pub last_position: i64,
    /// Root of the current state.
    pub state: i64,
    /// Forward extremities, see [`extremities_from_text`].
    pub extremities: String,
    /// How many members are joined.
    pub joined: i64,
    /// How many are invited.
    pub invited: i64,
    /// Whether this server's directory lists the room.
    pub published: bool,
    /// What counts for those who have not read.
    #[diesel(embed)]
    pub counted: RoomCounts,
}

/// How many events of a room notify under the predefined rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rooms, treat_none_as_default_value = false)]
pub struct RoomCounts {
    /// How many notify.
    pub notifications: i64,
    /// How many of them highlight.
    pub highlights: i64,
    /// The position of the newest of them that was redacted; kept by the writer alone.
    pub redacted_upto: i64,
}

/// Reads the event numbers of `rooms.extremities`.
pub fn extremities_from_text(text: &str) -> Result<Vec<i64>> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_err(|_| Error::Corrupt(format!("extremities {text:?}"))))
        .collect()
}

/// Writes event numbers for `rooms.extremities`.
pub fn extremities_to_text(events: &[i64]) -> String {
    events.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

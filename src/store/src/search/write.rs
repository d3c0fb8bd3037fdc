//! Rows go into the index.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write as _,
};

use diesel::{prelude::*, sql_types::Text};

use super::{Field, edit_mark, field_mark, room_mark};
use crate::{Conn, Result, Tx, schema::events};

/// The highest place of a word that PostgreSQL keeps.
const LAST_PLACE: usize = 16_383;

/// The words of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRow {
    /// The event that is found.
    pub event: i64,
    /// The event that has the words: itself, or its newest edit.
    pub source: i64,
    /// Its room.
    pub room: i64,
    /// The field they are of.
    pub field: Field,
    /// The words in order: letters and digits only, folded.
    pub words: Vec<String>,
}

/// Puts rows into the index, each in place of what the event had there before. What has been redacted since the words
/// were read is left out.
pub fn write(tx: &mut Tx<'_>, rows: &[SearchRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let gone = redacted(tx.conn(), rows)?;
    let last: BTreeMap<i64, &SearchRow> = rows.iter().map(|row| (row.event, row)).collect();
    let kept = last.into_values().filter(|row| !gone.contains(&row.event) && !gone.contains(&row.source));
    let sqlite = matches!(tx.conn(), Conn::Sqlite(_));
    let written: Vec<_> = kept.map(|row| if sqlite { for_sqlite(row) } else { for_postgres(row) }).collect();
    let rows = serde_json::Value::from(written).to_string();
    diesel::sql_query(if sqlite { SQLITE } else { POSTGRES }).bind::<Text, _>(rows).execute(tx.conn())?;
    Ok(())
}

const SQLITE: &str = "INSERT OR REPLACE INTO search_index (rowid, words, marks)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?)";

const POSTGRES: &str = "INSERT INTO search_index (event, words)
    SELECT (value->>0)::bigint, (value->>1)::tsvector FROM json_array_elements($1::json) AS rows(value)
    ON CONFLICT (event) DO UPDATE SET words = excluded.words";

fn redacted(conn: &mut Conn, rows: &[SearchRow]) -> Result<HashSet<i64>> {
    let nids: HashSet<i64> = rows.iter().flat_map(|row| [row.event, row.source]).collect();
    let there = events::table.filter(events::nid.eq_any(nids.iter().copied().collect::<Vec<_>>()));
    let intact: Vec<i64> = there.filter(events::redacted_by.is_null()).select(events::nid).load(conn)?;
    let intact: HashSet<i64> = intact.into_iter().collect();
    Ok(nids.difference(&intact).copied().collect())
}

fn marks(row: &SearchRow) -> Vec<String> {
    let edit = (row.source != row.event).then(|| edit_mark(row.source));
    [Some(room_mark(row.room)), Some(field_mark(row.field)), edit].into_iter().flatten().collect()
}

fn for_sqlite(row: &SearchRow) -> serde_json::Value {
    serde_json::json!([row.event, row.words.join(" "), marks(row).join(" ")])
}

/// The words as PostgreSQL writes a `tsvector`: each in quotes, with its places.
fn for_postgres(row: &SearchRow) -> serde_json::Value {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, word) in row.words.iter().enumerate() {
        places.entry(word).or_default().push((index + 1).min(LAST_PLACE));
    }
    let mut text = String::new();
    for (word, places) in places {
        let places: Vec<String> = places.iter().take(255).map(ToString::to_string).collect();
        let _infallible = write!(text, "'{word}':{} ", places.join(","));
    }
    for mark in marks(row) {
        let _infallible = write!(text, "'{mark}' ");
    }
    serde_json::json!([row.event, text])
}

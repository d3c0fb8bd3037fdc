//! Events are found by their words.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use super::{Field, field_mark, room_mark};
use crate::{Conn, Result};

/// One thing that all events found must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These words, one after the other.
    Phrase(Vec<String>),
    /// A word that begins like this.
    Beginning(String),
}

/// What is looked for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordQuery {
    /// All of these; words as they are in the index, letters and digits only.
    pub parts: Vec<Part>,
    /// In these rooms.
    pub rooms: Vec<i64>,
    /// In these fields; empty: all.
    pub fields: Vec<Field>,
    /// Only among events with numbers below this.
    pub before: i64,
}

/// The numbers of the events that have all parts, the newest first, at most `limit`.
pub fn matching(conn: &mut Conn, query: &WordQuery, limit: i64) -> Result<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        event: i64,
    }
    if query.parts.is_empty() || query.rooms.is_empty() {
        return Ok(Vec::new());
    }
    let (sql, text) = match conn {
        Conn::Sqlite(_) => (SQLITE, for_sqlite(query)),
        Conn::Pg(_) => (POSTGRES, for_postgres(query)),
    };
    let found = diesel::sql_query(sql).bind::<Text, _>(text).bind::<BigInt, _>(query.before).bind::<BigInt, _>(limit);
    Ok(found.load::<Found>(conn)?.into_iter().map(|found| found.event).collect())
}

const SQLITE: &str = "SELECT rowid AS event FROM search_index
    WHERE search_index MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?";

// In two steps, or PostgreSQL may go through all events from the newest on until there are enough, which never happens where
// a word is rare.
const POSTGRES: &str = "WITH found AS MATERIALIZED (SELECT event FROM search_index WHERE words @@ $1::tsquery)
    SELECT event FROM found WHERE event < $2 ORDER BY event DESC LIMIT $3";

fn for_sqlite(query: &WordQuery) -> String {
    let part = |part: &Part| match part {
        Part::Phrase(words) => format!("\"{}\"", words.join(" ")),
        Part::Beginning(word) => format!("\"{word}\" *"),
    };
    let any = |marks: Vec<String>| {
        let quoted: Vec<String> = marks.iter().map(|mark| format!("\"{mark}\"")).collect();
        format!("(marks : ({}))", quoted.join(" OR "))
    };
    let words: Vec<String> = query.parts.iter().map(part).collect();
    conjunction(query, format!("(words : ({}))", words.join(" AND ")), any, " AND ")
}

fn for_postgres(query: &WordQuery) -> String {
    let part = |part: &Part| match part {
        Part::Phrase(words) => {
            let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            format!("({})", quoted.join(" <-> "))
        }
        Part::Beginning(word) => format!("'{word}':*"),
    };
    let any = |marks: Vec<String>| {
        let quoted: Vec<String> = marks.iter().map(|mark| format!("'{mark}'")).collect();
        format!("({})", quoted.join(" | "))
    };
    let words: Vec<String> = query.parts.iter().map(part).collect();
    conjunction(query, words.join(" & "), any, " & ")
}

fn conjunction(query: &WordQuery, words: String, any: impl Fn(Vec<String>) -> String, and: &str) -> String {
    let mut all = vec![words, any(query.rooms.iter().map(|room| room_mark(*room)).collect())];
    if !query.fields.is_empty() {
        all.push(any(query.fields.iter().map(|field| field_mark(*field)).collect()));
    }
    all.join(and)
}

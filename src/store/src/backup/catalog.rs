//! Which tables and columns there are, as the database itself tells.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::{Conn, Error, Result};

/// diesel's own table, which migrations fill.
const MIGRATIONS: &str = "__diesel_schema_migrations";

/// How the names of the tables of the search index begin. It follows from the events, and a restored server makes it anew.
const SEARCH: &str = "search_";

/// Files of other servers: they can be fetched again.
const CACHE: &str = "remote_media";

/// Of contents and thumbnails only those that files of this server need, and what was put away.
const KEPT: [(&str, &str); 2] = [
    (
        "media_contents",
        "quarantined OR hash IN (SELECT m.hash FROM media m WHERE m.hash IS NOT NULL)
         OR hash IN (SELECT t.thumbnail FROM media_thumbnails t JOIN media m ON m.hash = t.hash)",
    ),
    ("media_thumbnails", "hash IN (SELECT m.hash FROM media m WHERE m.hash IS NOT NULL)"),
];

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What a column holds, and so how it is written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number, as itself.
    Integer,
    /// A text, as itself.
    Text,
    /// True or false, as 1 or 0.
    Boolean,
    /// Bytes, in hexadecimal.
    Bytes,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

const SQLITE: &str = "SELECT m.name AS table_name, c.name AS column_name, lower(c.type) AS kind
    FROM sqlite_schema m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid";

const POSTGRES: &str = "SELECT table_name::text, column_name::text, data_type::text AS kind
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position";

/// All tables but diesel's own, those of the search index and of what is cached of others, by name.
///
/// # Errors
/// A column of a type that backups do not know.
pub(crate) fn tables(conn: &mut Conn) -> Result<Vec<Table>> {
    let query = if matches!(conn, Conn::Sqlite(_)) { SQLITE } else { POSTGRES };
    let columns: Vec<Found> = diesel::sql_query(query).load(conn)?;
    let mut tables: Vec<Table> = Vec::new();
    let own =
        |found: &Found| ![MIGRATIONS, CACHE].contains(&&*found.table_name) && !found.table_name.starts_with(SEARCH);
    for found in columns.into_iter().filter(own) {
        let column = Column { kind: kind(&found)?, name: found.column_name };
        match tables.last_mut() {
            Some(table) if table.name == found.table_name => table.columns.push(column),
            _ => tables.push(Table { name: found.table_name, columns: vec![column] }),
        }
    }
    Ok(tables)
}

fn kind(found: &Found) -> Result<Kind> {
    match found.kind.as_str() {
        "integer" | "bigint" | "smallint" => Ok(Kind::Integer),
        "text" => Ok(Kind::Text),
        "boolean" => Ok(Kind::Boolean),
        "bytea" | "blob" => Ok(Kind::Bytes),
        other => Err(Error::Refused(format!(
            "backups do not know the type {other} of the column {} of {}",
            found.column_name, found.table_name
        ))),
    }
}

impl Table {
    /// A query that gives every row that is backed up as one JSON array.
    pub(super) fn select(&self, sqlite: bool) -> String {
        let (array, end) = if sqlite { ("json_array", "") } else { ("json_build_array", "::text") };
        let values = self.columns.iter().map(|Column { name, kind }| match (kind, sqlite) {
            (Kind::Integer | Kind::Text, _) | (Kind::Boolean, true) => format!("\"{name}\""),
            (Kind::Boolean, false) => format!("\"{name}\"::int"),
            // hex() of NULL is an empty text.
            (Kind::Bytes, true) => format!("CASE WHEN \"{name}\" IS NULL THEN NULL ELSE hex(\"{name}\") END"),
            (Kind::Bytes, false) => format!("encode(\"{name}\", 'hex')"),
        });
        let kept = KEPT.iter().find(|(table, _)| *table == self.name).map(|(_, kept)| format!(" WHERE {kept}"));
        let (values, kept) = (values.collect::<Vec<_>>().join(", "), kept.unwrap_or_default());
        format!("SELECT {array}({values}){end} AS line FROM \"{}\"{kept}", self.name)
    }

    /// A statement that inserts the rows of a JSON array of arrays, its only argument. `columns` is their order in there.
    ///
    /// # Errors
    /// A column that the table has not, or one that is missing.
    pub(super) fn insert(&self, columns: &[String], sqlite: bool) -> Result<String> {
        let strange = || Error::Refused(format!("the columns of the table {} are not those of the backup", self.name));
        if columns.len() != self.columns.len() {
            return Err(strange());
        }
        let mut values = Vec::new();
        for (index, name) in columns.iter().enumerate() {
            let column = self.columns.iter().find(|column| column.name == *name).ok_or_else(strange)?;
            values.push(match (column.kind, sqlite) {
                (Kind::Bytes, true) => format!("unhex(json_extract(value, '$[{index}]'))"),
                (_, true) => format!("json_extract(value, '$[{index}]')"),
                (Kind::Integer, false) => format!("(value->>{index})::bigint"),
                (Kind::Text, false) => format!("value->>{index}"),
                (Kind::Boolean, false) => format!("(value->>{index})::int <> 0"),
                (Kind::Bytes, false) => format!("decode(value->>{index}, 'hex')"),
            });
        }
        let (names, values) = (columns.join("\", \""), values.join(", "));
        let rows = if sqlite { "json_each(?)" } else { "json_array_elements($1::json) AS rows(value)" };
        Ok(format!("INSERT INTO \"{}\" (\"{names}\") SELECT {values} FROM {rows}", self.name))
    }
}

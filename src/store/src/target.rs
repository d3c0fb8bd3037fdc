//! Where the database is.

use std::path::PathBuf;

/// Where the database is and of which kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An SQLite database in this file.
    Sqlite(PathBuf),
    /// A PostgreSQL database behind this URL (`postgres://user@host/name`).
    Postgres(String),
}

impl Target {
    /// Reads the `database.url` of the configuration: a `postgres://` or `postgresql://` URL, `sqlite://PATH` or `PATH`.
    pub fn parse(url: &str) -> Self {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::Postgres(url.to_owned());
        }
        Self::Sqlite(PathBuf::from(url.strip_prefix("sqlite://").unwrap_or(url)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(Target::parse("postgresql://h/d"), Target::Postgres("postgresql://h/d".into()));
        assert_eq!(Target::parse("sqlite://a/b.db"), Target::Sqlite("a/b.db".into()));
        assert_eq!(Target::parse("/a/b.db"), Target::Sqlite("/a/b.db".into()));
    }
}

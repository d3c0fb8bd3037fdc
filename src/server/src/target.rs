//! Where the configuration says the database is.

use peerbrain_core::Config;
use store::Target;

/// The name of the SQLite file in the data folder.
const SQLITE_FILE: &str = "peerbrain.db";

/// Reads `database.url`.
pub fn target(config: &Config) -> Target {
    let url = config.database.url.expose();
    match url.strip_prefix("sqlite:") {
        Some(path) => Target::Sqlite(path.strip_prefix("//").unwrap_or(path).into()),
        None if url == "sqlite" => Target::Sqlite(config.server.data_dir.join(SQLITE_FILE)),
        None => Target::Postgres(url.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerbrain_core::config::{DatabaseUrl, Environment, load_text};

    #[test]
    fn every_form_of_the_address() {
        let read = |url: &str| {
            let mut config = load_text("", "", &Environment::new()).unwrap();
            config.database.url = DatabaseUrl::new(url);
            target(&config)
        };
        assert_eq!(read("sqlite"), Target::Sqlite("./data/peerbrain.db".into()));
        assert_eq!(read("sqlite:/a/b.db"), Target::Sqlite("/a/b.db".into()));
        assert_eq!(read("sqlite:///a/b.db"), Target::Sqlite("/a/b.db".into()));
        assert_eq!(read("postgres://u@h/d"), Target::Postgres("postgres://u@h/d".into()));
    }
}

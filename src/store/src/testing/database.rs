//! An empty database of either kind, and the runner that gives both to a test.

use std::{env, sync::Arc};

use tempfile::TempDir;

use crate::{Observer, Options, Store, Target, testing::postgres_database};

/// The server name of test databases.
const SERVER_NAME: &str = "test.example";

/// An empty database that belongs to one test.
pub struct Database {
    /// Where it is.
    pub target: Target,
    folder: Option<TempDir>,
}

impl Database {
    /// An SQLite database in a folder of its own.
    ///
    /// # Panics
    /// Where no folder can be made.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { target: Target::Sqlite(folder.path().join("test.db")), folder: Some(folder) }
    }

    /// A PostgreSQL database, where PostgreSQL is installed.
    pub fn postgres() -> Option<Self> {
        Some(Self { target: Target::Postgres(postgres_database()?), folder: None })
    }

    /// An SQLite database, or a PostgreSQL one where `PEERBRAIN_TEST_DATABASE=postgres` wants it: for large suites, which run
    /// twice instead of each test on both.
    ///
    /// # Panics
    /// Where PostgreSQL is wanted and not installed, or something else is wanted.
    pub fn wanted() -> Self {
        match env::var("PEERBRAIN_TEST_DATABASE").as_deref() {
            Err(_) | Ok("sqlite") => Self::sqlite(),
            Ok("postgres") => Self::postgres().expect("PostgreSQL is installed"),
            Ok(other) => panic!("PEERBRAIN_TEST_DATABASE is sqlite or postgres and not {other}"),
        }
    }

    /// Whether it is an SQLite database.
    pub fn is_sqlite(&self) -> bool {
        self.folder.is_some()
    }

    /// How the tests open it.
    pub fn options(&self) -> Options {
        Options {
            target: self.target.clone(),
            server_name: SERVER_NAME.into(),
            readers: 4,
            slow_readers: 1,
            observers: Vec::new(),
        }
    }

    /// Opens it.
    ///
    /// # Panics
    /// Where that does not work.
    pub fn open(&self) -> Store {
        Store::open(self.options()).expect("the store opens")
    }

    /// Opens it with somebody who hears of each commit.
    ///
    /// # Panics
    /// Where that does not work.
    pub fn open_observed(&self, observer: Arc<dyn Observer>) -> Store {
        Store::open(Options { observers: vec![observer], ..self.options() }).expect("the store opens")
    }
}

/// Runs a test on an empty database of each kind.
pub async fn each(test: impl AsyncFn(Database)) {
    test(Database::sqlite()).await;
    if let Some(database) = Database::postgres() {
        test(database).await;
    }
}

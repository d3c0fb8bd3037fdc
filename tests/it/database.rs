//! Each server test runs on both databases.

use std::path::{Path, PathBuf};

use crate::postgres;

/// The database of one test.
pub enum Database {
    /// A file in the server's data folder.
    Sqlite,
    /// A fresh database of a PostgreSQL of ours.
    Postgres {
        /// Where it is.
        url: String,
    },
}

impl Database {
    /// A fresh database on the PostgreSQL that all tests share. None (said on standard error) where the machine has no
    /// PostgreSQL, unless `PEERBRAIN_REQUIRE_POSTGRES=1` forbids that.
    pub fn postgres() -> Option<Self> {
        postgres::shared().map(|cluster| Self::Postgres { url: cluster.fresh_database() })
    }

    /// What `database.url` says.
    pub fn url(&self) -> &str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres { url } => url,
        }
    }

    /// The file of an SQLite database in this data folder.
    pub fn file(data: &Path) -> PathBuf {
        data.join("peerbrain.db")
    }
}

/// Makes of each function `async fn name(database: Database)` two tests, `name::sqlite` and `name::postgres`.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::database::Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = $crate::database::Database::postgres() {
                    super::$name(database).await;
                }
            }
        }
    )* };
}
pub(crate) use on_both_databases;

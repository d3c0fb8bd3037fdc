//! Migrations: the texts under `migrations/`, run at start.

use diesel::{
    backend::Backend,
    connection::BoxableConnection,
    migration::{Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion},
};
use diesel_migrations::MigrationHarness;

use crate::{Conn, Error, Result, connection::both};

/// One text serves both databases, but for two words that [`Step::text`] puts in.
struct Step {
    name: &'static str,
    sql: &'static str,
}

macro_rules! steps {
    ($($name:literal),* $(,)?) => {
        &[$(Step { name: $name, sql: include_str!(concat!("../../../migrations/", $name, "/up.sql")) }),*]
    };
}

/// In order. Until the first release they may be squashed; then they are append-only.
const STEPS: &[Step] = steps!["0001_foundation", "0002_rooms", "0003_accounts"];

impl Step {
    /// The text for SQLite or PostgreSQL: on SQLite a 64-bit primary key is the row's own number, and small tables
    /// with composite keys are stored in the order of their key.
    fn text(&self, sqlite: bool) -> String {
        if !sqlite {
            return self.sql.to_owned();
        }
        self.sql.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY").replace("/* WITHOUT ROWID */", "WITHOUT ROWID")
    }
}

struct Steps {
    sqlite: bool,
}

struct OneStep {
    name: Name,
    sql: String,
}

#[derive(Clone, Copy)]
struct Name(&'static str);

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        self.0.split('_').next().unwrap_or(self.0).into()
    }
}

struct InTransaction;
impl MigrationMetadata for InTransaction {
    fn run_in_transaction(&self) -> bool {
        true
    }
}

impl<DB: Backend> Migration<DB> for OneStep {
    fn run(&self, conn: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        Ok(conn.batch_execute(&self.sql)?)
    }

    fn revert(&self, _: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        Err("migrations are never reverted: restore a backup".into())
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &InTransaction
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

impl<DB: Backend> MigrationSource<DB> for Steps {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        let one = |step: &Step| OneStep { name: Name(step.name), sql: step.text(self.sqlite) };
        Ok(STEPS.iter().map(|step| Box::new(one(step)) as Box<dyn Migration<DB>>).collect())
    }
}

/// What [`run`] found and did.
pub(crate) struct Migrated {
    /// How many steps ran now.
    pub ran: usize,
}

/// Brings the database to this program's schema.
///
/// # Errors
/// [`Error::Refused`] where the database knows steps that this program does not: it was made by a newer one.
pub(crate) fn run(conn: &mut Conn) -> Result<Migrated> {
    let source = Steps { sqlite: matches!(conn, Conn::Sqlite(_)) };
    let refused = |e: Box<dyn std::error::Error + Send + Sync>| Error::Refused(format!("a migration failed: {e}"));
    let applied = both!(conn, c => c.applied_migrations()).map_err(refused)?;
    let known: Vec<MigrationVersion<'_>> = STEPS.iter().map(|step| Name(step.name).version().as_owned()).collect();
    if let Some(unknown) = applied.iter().find(|version| !known.contains(version)) {
        return Err(Error::Refused(format!(
            "the database was made by a newer version of this program (step {unknown}): run that version, or restore a backup"
        )));
    }
    let ran = both!(conn, c => c.run_pending_migrations(source).map(|ran| ran.len())).map_err(refused)?;
    Ok(Migrated { ran })
}

//! Migrations: the texts under `migrations/`, run at start.

use diesel::{
    RunQueryDsl,
    backend::Backend,
    connection::BoxableConnection,
    migration::{Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion},
    result::Error as QueryError,
};
use diesel_migrations::MigrationHarness;

use crate::{Conn, Error, Result, connection::both};

/// One text serves both databases, but for two words that [`Step::text`] puts in; a step `of both kinds` has two.
struct Step {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! text {
    ($name:literal, $file:literal) => {
        include_str!(concat!("../../../migrations/", $name, "/", $file, ".sql"))
    };
}

macro_rules! step {
    ($name:literal) => {
        Step { name: $name, sqlite: text!($name, "up"), postgres: text!($name, "up") }
    };
    ($name:literal of both kinds) => {
        Step { name: $name, sqlite: text!($name, "sqlite"), postgres: text!($name, "postgres") }
    };
}

macro_rules! steps {
    ($($name:literal $(of $both:ident $kinds:ident)?),* $(,)?) => {
        &[$(step!($name $(of $both $kinds)?)),*]
    };
}

/// In order. Until the first release they may be squashed; then they are append-only.
const STEPS: &[Step] = steps![
    "0001_foundation",
    "0002_rooms",
    "0003_accounts",
    "0004_device_keys",
    "0005_to_device",
    "0006_key_backup",
    "0007_media",
    "0008_relations",
    "0009_receipts",
    "0010_push",
    "0011_search" of both kinds,
    "0012_reports",
    "0013_guests",
    "0014_openid",
    "0015_claimed_keys",
    "0016_server_keys",
    "0017_room_gaps",
    "0018_foreign_memberships",
    "0019_sending",
    "0020_staged",
    "0021_remote_devices",
    "0022_received_messages",
    "0023_events_by_id",
    "0024_unannounced_profiles",
    "0025_push_progress",
    "0026_purges",
    "0027_remote_media",
    "0028_timelines",
];

impl Step {
    /// The text for SQLite or PostgreSQL: on SQLite a 64-bit primary key is the row's own number, and small tables
    /// with composite keys are stored in the order of their key.
    fn text(&self, sqlite: bool) -> String {
        if !sqlite {
            return self.postgres.to_owned();
        }
        self.sqlite.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY").replace("/* WITHOUT ROWID */", "WITHOUT ROWID")
    }
}

struct Steps {
    sqlite: bool,
    /// The last one to run; none: all.
    until: Option<String>,
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
        let until = |step: &&Step| self.until.as_deref().is_none_or(|last| step.name <= last);
        Ok(STEPS.iter().filter(until).map(|step| Box::new(one(step)) as Box<dyn Migration<DB>>).collect())
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
    run_steps(conn, None)
}

/// Brings an empty database to the schema that it had after the step of this name, to be filled from a backup.
///
/// # Errors
/// [`Error::Refused`] where this program does not know the step.
pub(crate) fn run_until(conn: &mut Conn, step: &str) -> Result<Migrated> {
    if !STEPS.iter().any(|known| known.name == step) {
        return Err(Error::Refused(format!("the backup was made by a newer version of this program (step {step})")));
    }
    run_steps(conn, Some(step.to_owned()))
}

/// The name of the newest step that the database has come to. Only reads, so a read transaction may ask.
///
/// # Errors
/// As [`run`], and for a database that has never been used.
pub(crate) fn newest_step(conn: &mut Conn) -> Result<&'static str> {
    #[derive(diesel::QueryableByName)]
    struct Applied {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let query = diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version DESC LIMIT 1");
    let newest: Applied = query.get_result(conn).map_err(|error| {
        // SQLite's word for a file that is damaged.
        let damaged = matches!(&error, QueryError::DatabaseError(_, info) if info.message().contains("malformed"));
        match error {
            QueryError::DatabaseError(..) | QueryError::NotFound if !damaged => {
                Error::Refused("the database has never been used".into())
            }
            other => other.into(),
        }
    })?;
    let step = STEPS.iter().find(|step| Name(step.name).version().to_string() == newest.version);
    step.map(|step| step.name).ok_or_else(|| of_newer_program(&newest.version))
}

/// Refuses a database that is not at this program's schema, without changing it.
///
/// # Errors
/// [`Error::Refused`].
pub(crate) fn refuse_other_version(conn: &mut Conn) -> Result<()> {
    match (newest_step(conn)?, STEPS.last()) {
        (newest, Some(last)) if newest == last.name => Ok(()),
        _ => Err(Error::Refused("the database is of an older version of this program: run `db migrate` first".into())),
    }
}

fn run_steps(conn: &mut Conn, until: Option<String>) -> Result<Migrated> {
    let source = Steps { sqlite: matches!(conn, Conn::Sqlite(_)), until };
    refuse_newer(conn)?;
    let ran = both!(conn, c => c.run_pending_migrations(source).map(|ran| ran.len())).map_err(failed)?;
    Ok(Migrated { ran })
}

/// Refuses a database with steps that this program does not know.
fn refuse_newer(conn: &mut Conn) -> Result<()> {
    let applied = both!(conn, c => c.applied_migrations()).map_err(failed)?;
    let known: Vec<MigrationVersion<'_>> = STEPS.iter().map(|step| Name(step.name).version().as_owned()).collect();
    applied.iter().find(|version| !known.contains(version)).map_or(Ok(()), |unknown| Err(of_newer_program(unknown)))
}

fn of_newer_program(step: impl std::fmt::Display) -> Error {
    Error::Refused(format!(
        "the database was made by a newer version of this program (step {step}): run that version, or restore a backup"
    ))
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Refused(format!("a migration failed: {error}"))
}

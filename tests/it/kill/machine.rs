//! The server with its database, how both die and come back.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::database::Database;
use crate::postgres::Cluster;
use crate::programs;
use crate::server::Server;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// How the server dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// kill -9 of the server alone.
    Kill,
    /// kill -9, and then everything in the server's folder is undone that was not synced; on PostgreSQL kill -9 of the
    /// database too, which loses what its processes had not yet given to the operating system.
    PowerCut,
}

/// The server with its database.
pub struct Machine {
    /// The server.
    pub server: Server,
    cluster: Option<Cluster>,
    /// Whether the database dies with the server.
    cut_database: bool,
    /// The program that undoes what was not synced.
    undo: Option<PathBuf>,
}

impl Machine {
    /// A running server. None where the machine lacks what it takes, which has been said.
    pub async fn start(kind: Kind, death: Death, sabotage: Option<&str>) -> Option<Self> {
        let program = match sabotage {
            Some(_) => programs::sabotaged_server()?,
            None => programs::server(),
        };
        // On PostgreSQL the media are the server's own files.
        let tools = if death == Death::PowerCut { Some(programs::power_cut()?) } else { None };
        let cluster = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Cluster::start("wal_writer_delay=200ms\nrecovery_init_sync_method=syncfs")?),
        };
        let database = cluster.as_ref().map(|cluster| Database::Postgres { url: cluster.fresh_database() });
        let mut server = Server::prepare(program);
        server.write_configuration(&database.unwrap_or(Database::Sqlite));
        server.set("PEERBRAIN__SYNC__TIMELINE_LIMIT", "1000");
        server.set("PEERBRAIN__MEDIA__PENDING_UPLOADS", "10000");
        if let Some(sabotage) = sabotage {
            server.set("PEERBRAIN_SABOTAGE", sabotage);
        }
        if let Some(tools) = &tools {
            fs::DirBuilder::new().mode(0o700).create(server.data()).unwrap();
            let path = |path: PathBuf| path.to_str().unwrap().to_owned();
            server.set("POWERCUT_DIR", path(server.data()));
            server.set("POWERCUT_LOG", path(server.beside("undo")));
            server.set("LD_PRELOAD", path(tools.join("powercut.so")));
        }
        let cut_database = cluster.is_some() && death == Death::PowerCut;
        let undo = tools.map(|tools| tools.join("powercut-undo"));
        let mut machine = Self { server, cluster, cut_database, undo };
        machine.server.restart().await;
        Some(machine)
    }

    /// Whether the database dies with the server, so that the last answers may be that it is gone.
    pub fn loses_its_database(&self) -> bool {
        self.cut_database
    }

    /// How many files are there of uploads that have not ended.
    pub fn unfinished_files(&self) -> usize {
        fs::read_dir(self.server.data().join("media/incoming")).map_or(0, Iterator::count)
    }

    /// Dies.
    pub fn die(&mut self) {
        if let Some(cluster) = self.cluster.as_ref().filter(|_| self.cut_database) {
            cluster.kill();
        }
        self.server.kill();
        if let Some(undo) = &self.undo {
            let (data, log) = (self.server.data(), self.server.beside("undo"));
            let done = Command::new(undo).arg(data).arg(log).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
    }

    /// Comes back, after dying once more a moment after the start where `stillborn` says so.
    pub async fn revive(&mut self, stillborn: Option<Duration>) -> Result<(), String> {
        if let Some(lifetime) = stillborn {
            self.power_database();
            self.server.spawn();
            tokio::time::sleep(lifetime).await;
            self.die();
        }
        self.power_database();
        self.server.try_restart().await.map_err(|reason| {
            let errors = self.server.errors();
            let last = errors.lines().last().unwrap_or_default();
            format!("{reason}: {last}")
        })
    }

    fn power_database(&self) {
        if let Some(cluster) = self.cluster.as_ref().filter(|_| self.cut_database) {
            cluster.resume();
        }
    }
}

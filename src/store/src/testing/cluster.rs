//! A PostgreSQL cluster that lives as long as the process that started it, and no longer.

use std::{
    env, fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use diesel::{Connection, PgConnection, connection::SimpleConnection};

use super::skipped;

/// Waits until its standard input ends, which is when this process does or lets go of it; then tidies up.
const WATCHER: &str = r#"
trap '' INT TERM HUP
read -r _
server=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$server" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
rm -rf "$1"
"#;

/// Settings of all clusters: no network, little memory, what is "synced" need only outlive a killed process, and plans do
/// not depend on what was tidied up by the time they are made.
const SETTINGS: &str =
    "-c listen_addresses= -c fsync=off -c shared_buffers=16MB -c max_connections=200 -c autovacuum=off";

/// A running cluster, reached through a socket in its own folder.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// How its URLs say where it is.
    address: String,
    /// Settings of its own.
    settings: String,
    databases: AtomicU64,
    watcher: Child,
}

impl Cluster {
    /// The cluster that all tests of this process share; none where PostgreSQL is not installed.
    ///
    /// # Panics
    /// Where `PEERBRAIN_REQUIRE_POSTGRES=1` and there is none, or where it does not start.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Starts a cluster of its own, for a test that stops and starts it. It ends when this is dropped.
    ///
    /// # Panics
    /// As [`Cluster::shared`].
    pub fn start() -> Option<Self> {
        let cluster = Self::prepare()?;
        cluster.resume();
        Some(cluster)
    }

    /// Starts one that is reached through a port of the loopback, where it speaks TLS with this certificate and key (PEM).
    ///
    /// # Panics
    /// As [`Cluster::shared`].
    pub fn start_with_tls(certificate: &str, key: &str) -> Option<Self> {
        let mut cluster = Self::prepare()?;
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = cluster.data().join(name);
            fs::write(&path, text).expect("a file is written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a file is made private");
            give_away(&path);
        }
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a port is free").port();
        cluster.address = format!("host=127.0.0.1&port={port}");
        cluster.settings = format!("-c ssl=on -c listen_addresses=127.0.0.1 -c port={port}");
        cluster.resume();
        Some(cluster)
    }

    fn prepare() -> Option<Self> {
        let Some(programs) = find_programs() else {
            let required = env::var("PEERBRAIN_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
            assert!(!required, "PostgreSQL is required and not installed");
            skipped("this machine has no PostgreSQL (initdb is neither in PATH nor in /usr/lib/postgresql)");
            return None;
        };
        if is_root() && !in_path("runuser") {
            let required = env::var("PEERBRAIN_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
            assert!(!required, "PostgreSQL is required, and does not run as root without runuser");
            skipped("this machine has no runuser (util-linux), and PostgreSQL does not run as root");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("peerbrain-pg-").tempdir().expect("a folder").keep();
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCHER, "sh"]).arg(&folder).stdin(Stdio::piped());
        let watcher = watch.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh runs");
        give_away(&folder);
        let address = format!("host={}", folder.display());
        let databases = AtomicU64::new(0);
        let cluster = Self { programs, folder, address, settings: String::new(), databases, watcher };
        let mut initdb = cluster.program("initdb");
        initdb.args(["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"]);
        run(initdb.arg(cluster.data()));
        Some(cluster)
    }

    /// Makes an empty database and gives its URL.
    ///
    /// # Panics
    /// Where that does not work.
    pub fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut conn = PgConnection::establish(&self.url("postgres")).expect("the cluster answers");
        conn.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"))
            .expect("a database is made");
        self.url(&name)
    }

    /// The folder in which the socket `.s.PGSQL.5432` is.
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the server: its clients are thrown out, and what was committed stays.
    ///
    /// # Panics
    /// Where that does not work.
    pub fn stop(&self) {
        run(self.program("pg_ctl").args(["stop", "-w", "-m", "immediate", "-D"]).arg(self.data()));
    }

    /// Starts the server again.
    ///
    /// # Panics
    /// Where that does not work.
    pub fn resume(&self) {
        let options = format!("{SETTINGS} -c unix_socket_directories='{}' {}", self.folder.display(), self.settings);
        let mut start = self.program("pg_ctl");
        start.args(["start", "-w", "-s", "-o", &options, "-l"]).arg(self.folder.join("log"));
        run(start.arg("-D").arg(self.data()));
    }

    fn url(&self, name: &str) -> String {
        format!("postgres:///{name}?{}&user=postgres", self.address)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A program of PostgreSQL, which refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if is_root() { Command::new("runuser") } else { Command::new(&path) };
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(path);
        }
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

fn in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).exists())
}

fn find_programs() -> Option<PathBuf> {
    let in_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let mut installed: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    installed.sort();
    let all = in_path.into_iter().chain(installed.into_iter().rev());
    all.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

/// Gives a file or folder to the user that the server runs as.
fn give_away(path: &Path) {
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(path));
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

fn run(command: &mut Command) {
    // Not through pipes: the server inherits them, and their end would be waited for.
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let status = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

//! A PostgreSQL of our own, reachable only through a Unix socket in its folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::skipped::skipped;

/// How long the kernel may take over signals on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running PostgreSQL. It ends, and its folder goes, with this value or with the test process, whichever is first.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    databases: AtomicU32,
    /// A shell that reads from us, and cleans up when it reads the end.
    keeper: Child,
}

/// The one that all tests share. None (said on standard error) where the machine has no PostgreSQL, unless
/// `PEERBRAIN_REQUIRE_POSTGRES=1` forbids that.
pub fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    // Nobody cuts the power of this one, so it need not sync.
    SHARED.get_or_init(|| Cluster::start("fsync=off")).as_ref()
}

impl Cluster {
    /// Starts one with a line of settings, under another user when we are root: PostgreSQL wants it so.
    pub fn start(settings: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            let required = std::env::var_os("PEERBRAIN_REQUIRE_POSTGRES").is_some_and(|value| value == "1");
            assert!(!required, "PEERBRAIN_REQUIRE_POSTGRES=1, but this machine has no PostgreSQL");
            skipped("this machine has no PostgreSQL (initdb is neither in PATH nor in /usr/lib/postgresql)");
            return None;
        };
        if is_root() && !in_path("runuser") {
            let required = std::env::var_os("PEERBRAIN_REQUIRE_POSTGRES").is_some_and(|value| value == "1");
            assert!(!required, "PEERBRAIN_REQUIRE_POSTGRES=1, but this machine has no runuser");
            skipped("this machine has no runuser (util-linux), and PostgreSQL does not run as root");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("peerbrain-pg-").tempdir().unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        if is_root() {
            finish(Command::new("chown").arg(other_user()).arg(&folder));
        }
        let keeper = keep(&folder, &programs);
        let cluster = Self { folder, programs, databases: AtomicU32::new(0), keeper };
        let data = cluster.data();
        finish(
            cluster
                .program("initdb")
                .args(["-A", "trust", "-U", "peerbrain", "-E", "UTF8", "--locale=C", "-N", "-D"])
                .arg(&data),
        );
        let text = format!(
            "listen_addresses=''\nunix_socket_directories='{}'\nmax_connections=300\n{settings}\n",
            cluster.folder.display()
        );
        let path = data.join("postgresql.auto.conf");
        finish(cluster.as_owner("sh").args(["-c", "printf %s \"$1\" >\"$2\"", "sh", &text]).arg(&path));
        cluster.resume();
        Some(cluster)
    }

    /// The URL of a new, empty database.
    pub fn fresh_database(&self) -> String {
        self.make_database(&[])
    }

    /// The same, but its files are in this folder, which is empty. Once for each cluster.
    pub fn fresh_database_in(&self, folder: &Path) -> String {
        if is_root() {
            finish(Command::new("chown").arg(other_user()).arg(folder));
        }
        let statement = format!("CREATE TABLESPACE apart LOCATION '{}'", folder.display());
        let mut psql = self.program("psql");
        finish(psql.arg("-h").arg(&self.folder).args(["-U", "peerbrain", "-d", "postgres", "-c", &statement]));
        self.make_database(&["-D", "apart"])
    }

    fn make_database(&self, options: &[&str]) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut createdb = self.program("createdb");
        finish(createdb.arg("-h").arg(&self.folder).args(["-U", "peerbrain"]).args(options).arg(&name));
        format!("postgres:///{name}?host={}&user=peerbrain", self.folder.display())
    }

    /// Kills all its processes at once, as a power cut does, and waits until they are gone.
    pub fn kill(&self) {
        let pid = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let postmaster = pid.lines().next().unwrap().to_owned();
        // Stopped first, so that it neither starts new children nor tells the others to stop in good order.
        signal("-STOP", std::slice::from_ref(&postmaster));
        until(|| !matches!(state(&postmaster), Some('R' | 'S' | 'D')), "PostgreSQL goes on in spite of kill -STOP");
        let mut all = children(&postmaster);
        all.insert(0, postmaster);
        signal("-KILL", &all);
        until(|| !all.iter().any(|pid| is_alive(pid)), "PostgreSQL survives kill -9");
    }

    /// Starts it again, recovering what a kill left.
    pub fn resume(&self) {
        let data = self.data();
        let log = self.folder.join("log");
        // All its processes are dead; but nobody may have fetched them yet, or their numbers may be others' by now.
        for stale in [data.join("postmaster.pid"), self.folder.join(".s.PGSQL.5432.lock")] {
            let _there_is_none = fs::remove_file(stale);
        }
        let mut start = self.program("pg_ctl");
        start.arg("-D").arg(&data).args(["start", "-s", "-w", "-t", "180", "-l"]).arg(&log).stdin(Stdio::null());
        let started = start.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(started.success(), "PostgreSQL does not start:\n{}", fs::read_to_string(&log).unwrap_or_default());
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        self.as_owner(self.programs.join(name))
    }

    fn as_owner(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(if is_root() { "runuser".as_ref() } else { program.as_ref() });
        if is_root() {
            command.args(["-u", other_user(), "--"]).arg(program);
        }
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _it_cleaned_up = self.keeper.wait();
    }
}

/// Starts the shell that cleans up when its standard input ends: then we are gone, in whatever way.
fn keep(folder: &Path, programs: &Path) -> Child {
    let script = "trap '' INT TERM HUP
        cat >/dev/null
        pid=$(head -n 1 \"$1/data/postmaster.pid\" 2>/dev/null) && kill -QUIT \"$pid\" 2>/dev/null &&
            for turn in $(seq 100); do kill -0 \"$pid\" 2>/dev/null || break; sleep 0.05; done
        rm -rf \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "keeper"]).arg(folder).arg(programs);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}

/// Where `initdb` and the others are.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders.into_iter().find(|folder| ["initdb", "pg_ctl", "createdb"].iter().all(|name| folder.join(name).exists()))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// As whom PostgreSQL runs when we are root.
fn other_user() -> &'static str {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    if users.lines().any(|line| line.starts_with("postgres:")) { "postgres" } else { "nobody" }
}

/// All processes below this one.
fn children(parent: &str) -> Vec<String> {
    let is_child = |pid: &String| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)) == Some(parent)
    };
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    pids.filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit())).filter(is_child).collect()
}

/// Whether the process runs; one that is dead and only not yet fetched by its parent does not.
fn is_alive(pid: &str) -> bool {
    !matches!(state(pid), None | Some('Z' | 'X'))
}

/// The letter for what a process does; none where there is no such process.
fn state(pid: &str) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next()?.trim_start().chars().next()
}

#[track_caller]
fn until(holds: impl Fn() -> bool, otherwise: &str) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "{otherwise}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn signal(name: &str, pids: &[String]) {
    let _some_are_gone = Command::new("kill").arg(name).args(pids).stderr(Stdio::null()).status();
}

#[track_caller]
fn finish(command: &mut Command) {
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

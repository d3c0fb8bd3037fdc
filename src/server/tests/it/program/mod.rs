//! Running the program in a folder of its own.

mod server;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use server::{Server, exchange};

/// Everything on one listener whose port the system chooses.
pub const LISTENERS: &str =
    "[{ bind = \"127.0.0.1:0\", apis = [\"client\", \"federation\", \"health\", \"metrics\", \"admin\"] }]";

/// How long a busy machine may take over anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A folder to run the program in, with settings.
pub struct Folder {
    dir: TempDir,
    settings: Vec<(String, String)>,
}

/// Which database a server runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// Runs a test on both databases, as far as this machine has them.
pub fn each(test: impl Fn(Kind)) {
    test(Kind::Sqlite);
    if store::testing::postgres_database().is_some() {
        test(Kind::Postgres);
    }
}

impl Folder {
    /// An empty folder, with an empty database of its own; passwords are hashed cheaply.
    pub fn new(kind: Kind) -> Self {
        let folder = Self { dir: tempfile::tempdir().unwrap(), settings: Vec::new() };
        let folder = folder.with("PASSWORDS__MEMORY_KB", "64").with("PASSWORDS__PASSES", "1");
        let folder = folder.with("LISTENERS", LISTENERS).with("RATE_LIMITS__ENABLED", "false");
        match kind {
            Kind::Sqlite => folder,
            Kind::Postgres => folder.with("DATABASE__URL", &store::testing::postgres_database().unwrap()),
        }
    }

    /// With a setting, through the environment.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != key);
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn mode(&self, name: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_peerbrain"));
        command.args(arguments).current_dir(self.dir.path()).env_clear().stdin(Stdio::null());
        command.envs(self.settings.iter().map(|(key, value)| (format!("PEERBRAIN__{key}"), value)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed, and gives what it says.
    pub fn ask(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail, and gives what it complains of.
    pub fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs a command that reads this text.
    pub fn tell(&self, arguments: &[&str], text: &str) -> Output {
        let mut command = self.command(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Starts the server and waits until it listens.
    pub fn start(&self) -> Server {
        let patience = Instant::now() + PATIENCE;
        loop {
            let log = fs::File::create(self.path("log")).unwrap();
            let mut child = self.command(&[]).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
            let mut out = BufReader::new(child.stdout.take().unwrap());
            let mut said = String::new();
            while !said.contains("Ready.") && out.read_line(&mut said).unwrap() > 0 {}
            let server = Server::new(child, said, self.path("log"));
            if server.said.contains("Ready.") {
                return server;
            }
            // PostgreSQL may need a moment to see that the process which held the lock is dead.
            let log = fs::read_to_string(self.path("log")).unwrap();
            let in_use = log.contains("in use by another process");
            assert!(in_use && Instant::now() < patience, "{}\n{log}", server.said);
        }
    }
}

//! The built server as a process, in a folder of its own.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::database::Database;
use crate::programs;
use crate::user::User;

/// How long a start, or a stop, may take. Debug builds on busy machines are slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// The secret for `/_synapse/admin/v1/register`.
pub const SHARED_SECRET: &str = "a secret of the tests";

/// A server that runs, or could. Its folder goes with it.
pub struct Server {
    base: tempfile::TempDir,
    program: PathBuf,
    environment: Vec<(String, String)>,
    process: Option<Child>,
    url: Arc<RwLock<String>>,
    client: Client,
}

impl Server {
    /// A running server on this database: registration open, no limits, cheap passwords.
    pub async fn start(database: &Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// The same with further settings, each a variable `PEERBRAIN__…` and its value.
    pub async fn start_with(database: &Database, settings: &[(&str, &str)]) -> Self {
        let mut server = Self::prepare(programs::server());
        server.write_configuration(database);
        server.environment.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        server.restart().await;
        server
    }

    /// An empty folder for this program, with no configuration.
    pub fn prepare(program: PathBuf) -> Self {
        let base = tempfile::Builder::new().prefix("peerbrain-test-").tempdir().unwrap();
        for folder in ["run", "log"] {
            fs::create_dir(base.path().join(folder)).unwrap();
        }
        let url = Arc::new(RwLock::new(NOWHERE.to_owned()));
        let client = Client::new(url.clone());
        Self { base, program, environment: Vec::new(), process: None, url, client }
    }

    /// Writes the configuration of [`Server::start`].
    pub fn write_configuration(&self, database: &Database) {
        self.write_configuration_of("peer.test", database, "");
    }

    /// The same for a server of another name, with more of its configuration behind.
    pub fn write_configuration_of(&self, name: &str, database: &Database, more: &str) {
        let text = format!(
            "[server]\nname = {name:?}\n[database]\nurl = {:?}\n[registration]\nmode = \"open\"\n\
             shared_secret = {SHARED_SECRET:?}\n[passwords]\nmemory_kb = 8\npasses = 1\nqueue = 1000\n\
             [rate_limits]\nenabled = false\n[log]\nlevel = \"info,ruma_state_res=warn\"\n\
             [[listeners]]\nbind = \"127.0.0.1:0\"\n\
             apis = [\"client\", \"health\", \"metrics\", \"admin\"]\n{more}",
            database.url()
        );
        fs::write(self.folder().join("peerbrain.toml"), text).unwrap();
    }

    /// Sets a variable of the environment for the next start.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.into()));
    }

    /// The folder that the server runs in.
    pub fn folder(&self) -> PathBuf {
        self.base.path().join("run")
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// A folder beside it, on the same file system.
    pub fn beside(&self, name: &str) -> PathBuf {
        let path = self.base.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// A client without a token. It follows the server to its next address.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A new user.
    pub async fn register(&self, name: &str) -> User {
        User::register(&self.client, name).await
    }

    /// The program with arguments, in this server's folder and environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        let variables = self.environment.iter().map(|(name, value)| (name, value));
        command.args(arguments).current_dir(self.folder()).envs(variables).stdin(Stdio::null());
        command
    }

    /// Runs the program with arguments to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// Starts the server without waiting for it.
    pub fn spawn(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let log = |name: &str| fs::File::options().append(true).create(true).open(self.log(name)).unwrap();
        fs::write(self.log("out"), "").unwrap();
        let mut command = self.command(&[]);
        self.process = Some(command.stdout(log("out")).stderr(log("err")).spawn().unwrap());
    }

    /// Starts the server and waits until it answers.
    pub async fn restart(&mut self) {
        self.try_restart().await.unwrap_or_else(|reason| panic!("{reason}\n{}", self.errors()));
    }

    /// The same, but tells why it did not come up.
    pub async fn try_restart(&mut self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            self.spawn();
            let ended = match self.until_ready().await {
                Ok(()) => return Ok(()),
                Err(ended) => ended,
            };
            // PostgreSQL may need a moment to see that the process which held the lock is dead.
            let in_use = self.errors().trim_end().ends_with("only one may run on it at a time");
            if !in_use || started.elapsed() > PATIENCE {
                return Err(ended);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the server answers; the error is how it ended instead.
    pub async fn until_ready(&mut self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.as_mut().unwrap().try_wait().unwrap() {
                self.process = None;
                return Err(format!("the server ended at its start: {status}"));
            }
            if let Some(address) = self.announced("http") {
                *self.url.write().unwrap() = format!("http://{address}");
                if self.client.ask(reqwest::Method::GET, "/health", None).await.is_ok_and(|reply| reply.status == 200) {
                    return Ok(());
                }
            }
            if started.elapsed() > PATIENCE {
                return Err("the server does not come up".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The address at which the server says it speaks "http" or "https".
    pub fn announced(&self, scheme: &str) -> Option<String> {
        let (said, start) = (self.said(), format!("Listening on {scheme}://"));
        let address = said.lines().find_map(|line| line.strip_prefix(&start))?;
        // A line that is only half written must not be believed.
        said.contains(&format!("{address}\n")).then(|| address.to_owned())
    }

    /// What it said on standard output since its last start.
    pub fn said(&self) -> String {
        fs::read_to_string(self.log("out")).unwrap_or_default()
    }

    /// What it said on standard error since its first start.
    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log("err")).unwrap_or_default()).into_owned()
    }

    fn log(&self, name: &str) -> PathBuf {
        self.base.path().join("log").join(name)
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Nobody may take whoever gets its port next for this server.
            *self.url.write().unwrap() = NOWHERE.to_owned();
            let _already_dead = process.kill();
            process.wait().unwrap();
        }
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap().success());
    }

    /// Waits for the end of a process that was told to stop.
    pub async fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.as_mut().unwrap().try_wait().unwrap() {
                self.process = None;
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "the server does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Stops it in good order.
    pub async fn stop(&mut self) {
        self.terminate();
        let status = self.ended().await;
        assert!(status.success(), "{status} (signal {:?})\n{}", status.signal(), self.errors());
    }

    /// A line of `/proc/PID/status` in kilobytes, such as "VmHWM".
    pub fn memory_kb(&self, line: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let found = text.lines().find_map(|known| known.strip_prefix(line)?.strip_prefix(':'));
        found.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Asserts that it runs and never panicked.
    #[track_caller]
    pub fn is_sound(&mut self) {
        if let Some(process) = &mut self.process {
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?}\n{}", self.errors());
        }
        let errors = self.errors();
        assert!(!errors.contains("panicked"), "the server panicked:\n{errors}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let errors = self.errors();
            let lines: Vec<&str> = errors.lines().rev().take(40).collect();
            eprintln!("--- the end of the server's log:");
            lines.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// The permission bits of a file or folder.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

//! What a story needs: the server under test, a folder for the devices' stores, the count of checks, and patience.

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Stage {
    pub homeserver: String,
    pub server_name: String,
    /// Empty where registration is open.
    pub shared_secret: String,
    /// Tells this run's users from those of other runs.
    pub tag: String,
    folder: tempfile::TempDir,
    stores: Cell<usize>,
    checks: Cell<usize>,
    aloud: bool,
}

impl Stage {
    /// Each check is printed when `aloud`.
    pub fn from_environment(aloud: bool) -> Result<Self> {
        let homeserver = std::env::var("HOMESERVER_URL").context("HOMESERVER_URL")?;
        Ok(Self {
            homeserver: homeserver.trim_end_matches('/').to_owned(),
            server_name: std::env::var("SERVER_NAME").context("SERVER_NAME")?,
            shared_secret: std::env::var("REGISTRATION_SHARED_SECRET").unwrap_or_default(),
            tag: hex(&rand::random::<[u8; 6]>()),
            folder: tempfile::tempdir()?,
            stores: Cell::new(0),
            checks: Cell::new(0),
            aloud,
        })
    }

    /// A folder that no other device has.
    pub fn new_store(&self) -> PathBuf {
        self.stores.set(self.stores.get() + 1);
        self.folder.path().join(self.stores.get().to_string())
    }

    pub fn chapter(&self, name: &str) {
        println!("-- {name}");
    }

    /// Counts a check, or ends the story.
    pub fn check(&self, what: impl Display, holds: bool, seen: impl Debug) -> Result<()> {
        if !holds {
            bail!("{what}: {seen:?}");
        }
        self.checks.set(self.checks.get() + 1);
        if self.aloud {
            println!("ok   {what}");
        }
        Ok(())
    }

    /// A check whose two sides must be the same.
    pub fn same<T: PartialEq + Debug>(&self, what: impl Display, seen: T, wanted: T) -> Result<()> {
        let holds = seen == wanted;
        self.check(what, holds, format_args!("seen {seen:?}, wanted {wanted:?}"))
    }

    pub fn passed(&self) -> ExitCode {
        println!("{} passed, 0 failed", self.checks.get());
        ExitCode::SUCCESS
    }

    pub fn failed(&self, error: &anyhow::Error) -> ExitCode {
        println!("FAIL {error:#}\n{} passed, 1 failed", self.checks.get());
        ExitCode::FAILURE
    }
}

/// Looks again and again until `look` gives something; gives up when patience ends.
pub async fn until<T>(what: impl Display, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() > end {
            bail!("{what} did not happen");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The same for what is only true or not yet.
pub async fn until_true(what: impl Display, mut look: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    until(what, async || Ok(look().await?.then_some(()))).await
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Several commands on one account: one process holds the account, and does the work of others who come meanwhile.
//!
//! The folder's `lock` file is locked by whoever holds the account. If that may take long it listens at `run.sock` beside
//! it, and others hand their jobs over; else they wait for the lock.

mod handing;
mod remote;
mod serving;
mod words;

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::account::{Account, AccountFolder};
use crate::cli::{self, Job};
use crate::console::Console;
use crate::error::{Error, Result};

/// How long the lock is waited for while nobody listens.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(40);
/// When whoever waits is told so.
const SOON: Duration = Duration::from_secs(3);

/// Holds the account of a folder, until it is dropped.
pub struct Lock {
    // Closing the file gives the lock back.
    _file: File,
}

impl Lock {
    /// Takes the lock, if nobody has it.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn try_take(folder: &AccountFolder) -> Result<Option<Self>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.file("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

/// Does a job here if nobody holds the account, or has the process do it that does.
///
/// * `long_lived`: whether the job may take long, so that others should be able to hand theirs over.
///
/// # Errors
/// What the job says, wherever it was done.
pub async fn run_or_hand_over(
    folder: &AccountFolder,
    job: Job,
    long_lived: bool,
    console: &mut dyn Console,
) -> Result<()> {
    let (began, mut told) = (Instant::now(), false);
    loop {
        if let Some(lock) = Lock::try_take(folder)? {
            return run_here(folder, job, long_lived, lock, console).await;
        }
        if let Some(stream) = handing::connect(folder).await {
            return handing::hand_over(stream, &job, console).await;
        }
        if began.elapsed() > PATIENCE {
            return Err(Error::Busy("Another command has been at work on this account for five minutes.".to_owned()));
        }
        if began.elapsed() > SOON && !told {
            console.notice("Another command is at work on this account; waiting for it.");
            told = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn run_here(
    folder: &AccountFolder,
    job: Job,
    long_lived: bool,
    lock: Lock,
    console: &mut dyn Console,
) -> Result<()> {
    // A lock that was taken while the account was removed is on a file that has no name any more.
    folder.session()?;
    let account = Account::open(folder).await?;
    let others = if long_lived { serving::Others::serve(&account)? } else { serving::Others::none() };
    let done = cli::run(&account, job, console).await;
    others.finish().await;
    drop(lock);
    done
}

/// Where others reach whoever holds the account.
fn socket(folder: &AccountFolder) -> PathBuf {
    folder.file("run.sock")
}

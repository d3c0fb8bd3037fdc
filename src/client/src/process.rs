//! Several commands on one account: one process holds the account, and does the work of others who come meanwhile.
//!
//! The folder's `lock` file is locked by whoever holds the account. If that may take long it listens at `run.sock` beside
//! it, and others hand their jobs over; else they wait for the lock.

mod handing;
mod remote;
mod serving;
mod words;

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::watch;

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
            // Of a folder that was removed meanwhile, the lock is good for nothing: others lock the new one.
            Ok(()) => Ok(is_still_there(&file, folder).then_some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

fn is_still_there(file: &File, folder: &AccountFolder) -> bool {
    match (file.metadata(), std::fs::metadata(folder.file("lock"))) {
        (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Does a job here if nobody holds the account, or has the process do it that does.
///
/// * `long_lived`: whether the job may take long, so that others should be able to hand theirs over.
/// * `enough`: says that the program is to end. Whoever serves others listens to it, and finishes their jobs.
///
/// # Errors
/// What the job says, wherever it was done.
pub async fn run_or_hand_over(
    folder: &AccountFolder,
    job: Job,
    long_lived: bool,
    enough: &watch::Sender<bool>,
    console: &mut dyn Console,
) -> Result<()> {
    let (began, mut told) = (Instant::now(), false);
    loop {
        if let Some(lock) = Lock::try_take(folder)? {
            return run_here(folder, job, long_lived.then_some(enough), lock, console).await;
        }
        if let Some(stream) = handing::connect(folder).await {
            match handing::hand_over(stream, &job, console).await {
                // Whoever did it has ended, and what has no end goes on here.
                Err(Error::Busy(_)) if job.command.has_no_end() && console.is_open() => {}
                ended => return ended,
            }
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
    long_lived: Option<&watch::Sender<bool>>,
    lock: Lock,
    console: &mut dyn Console,
) -> Result<()> {
    // A lock that was taken while the account was removed is on a file that has no name any more.
    folder.session()?;
    let account = Account::open(folder).await?;
    let (others, mut enough) = match long_lived {
        Some(enough) => (serving::Others::serve(&account)?, Some(enough.subscribe())),
        None => (serving::Others::none(), None),
    };
    let ended = async {
        if let Some(enough) = &mut enough
            && enough.wait_for(|enough| *enough).await.is_ok()
        {
            return;
        }
        std::future::pending().await
    };
    let done = tokio::select! {
        done = cli::run(&account, job, console) => done,
        () = ended => Ok(()),
    };
    others.finish().await;
    account.finish().await;
    drop(lock);
    done
}

/// Where others reach whoever holds the account.
fn socket(folder: &AccountFolder) -> PathBuf {
    folder.file("run.sock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_a_folder_at_a_time_and_a_removed_one_is_held_by_nobody() {
        let data = tempfile::tempdir().unwrap();
        let folder = AccountFolder::create(Some(data.path()), None, "@alice:a").unwrap();
        let lock = Lock::try_take(&folder).unwrap().unwrap();
        assert!(Lock::try_take(&folder).unwrap().is_none());
        let file = OpenOptions::new().write(true).open(folder.file("lock")).unwrap();
        assert!(is_still_there(&file, &folder));
        folder.remove().unwrap();
        AccountFolder::create(Some(data.path()), None, "@alice:a").unwrap();
        assert!(!is_still_there(&file, &folder));
        let _new = Lock::try_take(&folder).unwrap().unwrap();
        assert!(!is_still_there(&file, &folder));
        drop(lock);
    }
}

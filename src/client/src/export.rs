//! Everything that one can read, for keeping elsewhere.

use crate::account::Account;
use crate::console::Console;
use crate::error::Result;
use crate::reading::{self, Reader};
use crate::report::ThoughtReport;
use crate::timelines;

/// All readable thoughts of all timelines, newest first.
///
/// # Errors
/// The server cannot be reached.
pub async fn all(account: &Account, console: &mut dyn Console) -> Result<Vec<ThoughtReport>> {
    let (reader, mut thoughts) = (Reader::of(account).await, Vec::new());
    for room in account.client().joined_rooms() {
        if timelines::owner(&room).await?.is_none() {
            continue;
        }
        let before = thoughts.len() as u64;
        let mut told = |read: u64| console.progress("Reading", before + read, 0);
        thoughts.extend(reading::newest(account, &room, &reader, usize::MAX / 4, &mut told).await?);
    }
    console.progress("Reading", thoughts.len() as u64, thoughts.len() as u64);
    thoughts.retain(|thought| !thought.undecryptable);
    Ok(reading::merged(thoughts))
}

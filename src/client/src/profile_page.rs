//! Somebody's page: all their thoughts that one may read, the old ones too.

use matrix_sdk::ruma::UserId;

use crate::account::Account;
use crate::console::Console;
use crate::error::Result;
use crate::reading::{self, Reader};
use crate::report::ThoughtReport;
use crate::search::Index;
use crate::timelines;

/// The newest thoughts of somebody, newest first.
///
/// # Errors
/// The server cannot be reached.
pub async fn read(
    account: &Account,
    user_id: &UserId,
    limit: usize,
    console: &mut dyn Console,
) -> Result<Vec<ThoughtReport>> {
    let reader = Reader::of(account).await;
    let mut thoughts = Vec::new();
    for room in timelines::theirs(account, user_id).await? {
        let before = thoughts.len() as u64;
        let mut told = |read: u64| console.progress("Reading", before + read, 0);
        thoughts.extend(reading::newest(account, &room, &reader, limit, &mut told).await?);
    }
    console.progress("Reading", thoughts.len() as u64, thoughts.len() as u64);
    // The index knows each event: what is shown as one may be several.
    Index::open(account)?.keep(&thoughts)?;
    let mut thoughts = reading::merged(thoughts);
    thoughts.truncate(limit);
    Ok(thoughts)
}

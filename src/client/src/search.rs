//! Searching everything one can read, on this computer: no server can, for it knows no word.

mod index;
mod words;

pub use index::Index;

use matrix_sdk::ruma::{OwnedEventId, UserId};

use crate::account::Account;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::reading::{Event, Folding, Kind, Pages, Reader};
use crate::report::ThoughtReport;
use crate::timelines;

/// The most thoughts that are found.
const MAX_FOUND: usize = 200;

/// Thoughts with all the words, newest first.
///
/// # Errors
/// There is nothing to look for, or the account's files cannot be used.
pub async fn find(
    account: &Account,
    words: &str,
    author: Option<&UserId>,
    tag: Option<&str>,
    console: &mut dyn Console,
) -> Result<Vec<ThoughtReport>> {
    if words.trim().is_empty() && author.is_none() && tag.is_none() {
        return Err(Error::Input("Say what to look for.".to_owned()));
    }
    match refresh(account, console).await {
        // What was read before can be searched without a server.
        Err(error) if error.is_outage() => console.notice(&format!("{error} Searching what was read before.")),
        done => done?,
    }
    Index::open(account)?.find(words, author, tag, MAX_FOUND)
}

/// Reads what is new in all timelines into the index.
///
/// # Errors
/// The server cannot be reached.
pub async fn refresh(account: &Account, console: &mut dyn Console) -> Result<()> {
    let reader = Reader::of(account).await;
    let rooms = account.client().joined_rooms();
    let total = rooms.len() as u64;
    for (at, room) in rooms.iter().enumerate() {
        if timelines::owner(room).await?.is_some() {
            refresh_room(account, room, &reader).await?;
        }
        console.progress("Looking for new thoughts", at as u64 + 1, total);
    }
    Ok(())
}

async fn refresh_room(account: &Account, room: &matrix_sdk::Room, reader: &Reader) -> Result<()> {
    let Some(mut folding) = Folding::of(account, room, reader).await? else { return Ok(()) };
    let known = Index::open(account)?.newest(room.room_id())?;
    let (mut pages, mut newest, mut deleted) = (Pages::backward(room), None, Vec::new());
    'pages: while let Some(page) = pages.next(50).await? {
        for event in page.events {
            if Some(&event.event_id) == known.as_ref() {
                break 'pages;
            }
            newest.get_or_insert_with(|| event.event_id.clone());
            deleted.extend(redacted(&event));
            folding.add(event);
        }
    }
    let edits = folding.edits().clone();
    let thoughts = folding.finish();
    // Where keys are missing they may come: everything is looked at again then.
    let whole = thoughts.iter().all(|thought| !thought.undecryptable);
    let mut index = Index::open(account)?;
    index.keep(&thoughts)?;
    index.edit(&edits)?;
    index.delete(&deleted)?;
    match newest {
        Some(newest) if whole => index.set_newest(room.room_id(), &newest),
        _ => Ok(()),
    }
}

fn redacted(event: &Event) -> Option<OwnedEventId> {
    match &event.kind {
        Kind::Redaction(target) => Some(target.clone()),
        _ => None,
    }
}

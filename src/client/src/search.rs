//! Searching everything one can read, on this computer: no server can, for it knows no word.

mod index;
mod words;

pub use index::Index;

use std::collections::BTreeMap;

use matrix_sdk::ruma::events::room::encrypted::OriginalSyncRoomEncryptedEvent;
use matrix_sdk::ruma::serde::Raw;
use matrix_sdk::ruma::{OwnedEventId, OwnedUserId, UserId};

use crate::account::Account;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::reading::{Event, Folding, Kind, Pages, Reader};
use crate::report::ThoughtReport;
use crate::timelines;

/// The most thoughts that are found.
const MAX_FOUND: usize = 200;
/// The most missing keys of a timeline that are waited for.
const MAX_KEYLESS: usize = 50;

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
    // Where a key has come that was missing, all is looked at again: what it opens may have been edited since.
    let known = match key_has_come(account, room).await? {
        true => None,
        false => Index::open(account)?.newest(room.room_id())?,
    };
    let (mut pages, mut newest, mut deleted, mut keyless) = (Pages::backward(room), None, Vec::new(), BTreeMap::new());
    'pages: while let Some(page) = pages.next(50).await? {
        for (key, event) in page.keyless {
            if keyless.len() < MAX_KEYLESS {
                keyless.entry(key).or_insert(event);
            }
        }
        for event in page.events {
            if Some(&event.event_id) == known.as_ref() {
                break 'pages;
            }
            newest.get_or_insert_with(|| event.event_id.clone());
            deleted.extend(redacted(&event));
            folding.add(event);
        }
    }
    let (edits, owner) = (folding.edits().clone(), folding.owner().clone());
    let mut index = Index::open(account)?;
    index.keep(&folding.reports())?;
    index.edit(room.room_id(), &owner, &edits)?;
    index.delete(room.room_id(), &deleted)?;
    index.set_keyless(room.room_id(), known.is_none(), &keyless, MAX_KEYLESS)?;
    newest.map_or(Ok(()), |newest| index.set_newest(room.room_id(), &newest))
}

/// Whether a key has come that was missing. Nobody but the device itself is asked.
async fn key_has_come(account: &Account, room: &matrix_sdk::Room) -> Result<bool> {
    let keyless = Index::open(account)?.keyless(room.room_id())?;
    for event in keyless {
        let event: Raw<OriginalSyncRoomEncryptedEvent> =
            Raw::from_json(serde_json::value::RawValue::from_string(event)?);
        if room.decrypt_event(&event, None).await.is_ok_and(|event| !event.kind.is_utd()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn redacted(event: &Event) -> Option<(OwnedUserId, OwnedEventId)> {
    match &event.kind {
        Kind::Redaction(target) => Some((event.sender.clone(), target.clone())),
        _ => None,
    }
}

//! Timelines that were joined when something broke off, so that nobody was told whether their old thoughts can be read.

use matrix_sdk::RoomState;
use matrix_sdk::ruma::UserId;

use super::journal::now;
use super::{Journal, told};
use crate::account::Account;
use crate::error::{Error, Result};
use crate::report::Happening;
use crate::sharing::{self, Imported};
use crate::timelines;

/// How long keys may be on their way before it is said that they did not come.
const PATIENCE_MS: u64 = 10 * 60 * 1_000;

/// Looks, without waiting, whether keys have come meanwhile, and tells what is known.
///
/// # Errors
/// The server cannot be reached, or the account's files not be used.
pub async fn look_again(account: &Account, happened: &mut Vec<Happening>) -> Result<()> {
    for (room_id, owner, since) in Journal::read(account)?.importing {
        let room = account.client().get_room(&room_id);
        let found = match room.as_ref().map(|room| (room, room.state())) {
            // The join is still to come.
            Some((_, RoomState::Invited)) => continue,
            Some((room, RoomState::Joined)) => look(account, room, &owner, since).await,
            _ => Ok(None),
        };
        match found {
            Ok(Some(happening)) => happened.push(happening),
            Ok(None) if room.is_some_and(|room| room.state() == RoomState::Joined) => continue,
            Ok(None) => {}
            Err(error) if error.is_outage() || matches!(error, Error::LoggedOut) => return Err(error),
            Err(error) => {
                let text = format!("Whether the old thoughts of {owner} can be read is not known: {error}");
                happened.push(Happening::Notice { text });
            }
        }
        Journal::change(account, |journal| journal.imported(&room_id))?;
    }
    Ok(())
}

/// What there is to tell; nothing while keys may still come.
async fn look(account: &Account, room: &matrix_sdk::Room, owner: &UserId, since: u64) -> Result<Option<Happening>> {
    if timelines::owner(room).await?.as_deref() != Some(owner) {
        room.leave().await?;
        let text = format!("{owner} let us into a room that is not their timeline; we have left it.");
        return Ok(Some(Happening::Notice { text }));
    }
    let found = sharing::look(room).await?;
    if may_still_come(found, since, now()) {
        return Ok(None);
    }
    told(account, owner, found).await.map(Some)
}

fn may_still_come(found: Imported, since: u64, now: u64) -> bool {
    found == Imported::NoKeys && now.saturating_sub(since) < PATIENCE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_missing_keys_are_waited_for_and_not_for_ever() {
        assert!(may_still_come(Imported::NoKeys, 1_000, 2_000));
        assert!(!may_still_come(Imported::NoKeys, 1_000, 1_000 + PATIENCE_MS));
        assert!(!may_still_come(Imported::NothingOld, 1_000, 2_000));
        assert!(!may_still_come(Imported::Readable(3), 1_000, 2_000));
    }
}

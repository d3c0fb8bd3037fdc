//! What is still to be done, because the other side, the network or this computer was not there: posts to be sent, people to
//! be let in, invites to be followed, our own invite in return. Every command does it first, `watch` as it comes.

mod importing;
mod journal;
mod members;

use std::time::Duration;

use futures_util::future::BoxFuture;
use matrix_sdk::RoomState;
use matrix_sdk::ruma::UserId;
use peerbrain_vocabulary::AudienceKind;

pub use journal::Journal;

use crate::account::Account;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::friends;
use crate::report::{Friendship, Happening, Outcome};
use crate::sharing::{self, Imported};
use crate::thoughts::outbox;
use crate::timelines;

/// How much is still to be done: posts to send, people to let in.
///
/// # Errors
/// The account's files cannot be read.
pub fn count(account: &Account) -> Result<u64> {
    let journal = Journal::read(account)?;
    Ok(outbox::waiting(account)? + journal.let_in.len() as u64)
}

/// Does what can be done now, of what the last answers of `/sync` brought. Gives what happened.
///
/// # Errors
/// The server cannot be reached, or does not know the login any more. What only one person is the reason for is told as
/// a notice.
pub async fn settle(account: &Account, console: &mut dyn Console) -> Result<Vec<Happening>> {
    let _turn = account.people().await;
    let mut happened = Vec::new();
    // Before anything is sent: who is gone has no key to it.
    let rotated = members::new_keys_where_somebody_went(account).await;
    outbox::send_waiting(account, console).await?;
    let results = [
        rotated,
        finish_letting_in(account, &mut happened).await,
        importing::look_again(account, &mut happened).await,
        follow_invites(account, &mut happened).await,
        tell_requests(account, &mut happened).await,
    ];
    for result in results {
        match result {
            Err(Error::NotLetIn) => {}
            Err(error) if error.is_outage() || matches!(error, Error::LoggedOut) => return Err(error),
            Err(error) => happened.push(Happening::Notice { text: error.to_string() }),
            Ok(()) => {}
        }
    }
    Ok(happened)
}

/// People whose keys were under way when something broke off.
async fn finish_letting_in(account: &Account, happened: &mut Vec<Happening>) -> Result<()> {
    for (room_id, user_id) in Journal::read(account)?.let_in {
        let room = account.client().get_room(&room_id).filter(|room| room.state() == RoomState::Joined);
        let Some(room) = room else {
            Journal::change(account, |journal| journal.let_in.retain(|(at, _)| *at != room_id))?;
            continue;
        };
        match friends::let_in(account, &room, &user_id).await {
            Ok(()) => happened.push(Happening::Accepted(friendship(account, &user_id, Outcome::Accepted, None).await?)),
            Err(error) if error.is_outage() => return Err(error),
            Err(error) => {
                Journal::change(account, |journal| journal.let_in.retain(|(_, who)| *who != user_id))?;
                happened.push(Happening::Notice { text: format!("{user_id} could not be let in: {error}") });
            }
        }
    }
    Ok(())
}

/// Invites into timelines of those whom we asked, whom we accepted, or whose friend we are.
async fn follow_invites(account: &Account, happened: &mut Vec<Happening>) -> Result<()> {
    for room in account.client().invited_rooms() {
        let Some(owner) = timelines::owner(&room).await? else { continue };
        // Who invites must be the owner: nobody else may have the keys.
        let inviter = room.invite_details().await.ok().and_then(|invite| invite.inviter);
        if owner == account.user_id() || inviter.is_none_or(|inviter| inviter.user_id() != owner) {
            continue;
        }
        if !is_wanted(account, &owner).await? {
            continue;
        }
        note_return(account, &owner).await?;
        Journal::change(account, |journal| journal.import(room.room_id(), &owner))?;
        let imported = match sharing::come_in(account, &room).await {
            Ok(imported) => imported,
            Err(error) if error.is_outage() || matches!(error, Error::LoggedOut) => return Err(error),
            // The invites of others are followed all the same.
            Err(error) => {
                Journal::change(account, |journal| journal.imported(room.room_id()))?;
                happened.push(Happening::Notice { text: format!("{owner} lets us in, but we cannot join: {error}") });
                continue;
            }
        };
        if timelines::owner(&room).await?.as_deref() != Some(&*owner) {
            room.leave().await?;
            Journal::change(account, |journal| {
                journal.let_in.retain(|(_, who)| *who != owner);
                journal.imported(room.room_id());
            })?;
            let text = format!("{owner} let us into a room that is not their timeline; we have left it.");
            happened.push(Happening::Notice { text });
            continue;
        }
        happened.push(Happening::Joined(friendship(account, &owner, Outcome::Accepted, None).await?));
        happened.push(told(account, &owner, imported).await?);
        Journal::change(account, |journal| journal.imported(room.room_id()))?;
        if let Err(error) = invite_in_return(account, &owner).await {
            if error.is_outage() {
                return Err(error);
            }
            happened.push(Happening::Notice { text: format!("{owner} cannot read your thoughts yet: {error}") });
        }
    }
    Ok(())
}

/// Whether an invite of somebody is one that we asked for.
async fn is_wanted(account: &Account, owner: &UserId) -> Result<bool> {
    let journal = Journal::read(account)?;
    if journal.has_asked(owner) || journal.has_accepted(owner) {
        return Ok(true);
    }
    Ok(!timelines::theirs(account, owner).await?.is_empty())
}

async fn told(account: &Account, owner: &UserId, imported: Imported) -> Result<Happening> {
    Ok(match imported {
        Imported::Readable(count) => {
            Happening::Imported(friendship(account, owner, Outcome::Imported, Some(count)).await?)
        }
        Imported::NothingOld => Happening::Imported(friendship(account, owner, Outcome::Imported, None).await?),
        Imported::NoKeys => Happening::Notice {
            text: format!(
                "The old thoughts of {owner} cannot be read: their keys did not come. New ones can. If they remove you and \
                 accept you again, the keys are sent again."
            ),
        },
    })
}

/// Notes, before the join, that its owner is to be let in: once joined, no invite reminds of it, and the wait for old keys
/// may be cut short.
async fn note_return(account: &Account, owner: &UserId) -> Result<()> {
    let room = timelines::ensure(account, AudienceKind::Friends).await?;
    if friends::is_in(friends::membership(&room, owner).await?.as_ref()) {
        return Ok(());
    }
    let place = (room.room_id().to_owned(), owner.to_owned());
    Journal::change(account, |journal| journal.let_in(place))
}

/// Who lets us in is let in, too.
async fn invite_in_return(account: &Account, owner: &UserId) -> Result<()> {
    let room = timelines::ensure(account, AudienceKind::Friends).await?;
    let wanted = friends::membership(&room, owner).await?;
    if friends::is_in(wanted.as_ref()) {
        return Ok(());
    }
    friends::let_in(account, &room, owner).await
}

async fn tell_requests(account: &Account, happened: &mut Vec<Happening>) -> Result<()> {
    for person in friends::derived(account).await? {
        if person.relation == peerbrain_vocabulary::Relation::Incoming {
            happened.push(Happening::Request(person));
        }
    }
    Ok(())
}

async fn friendship(
    account: &Account,
    user_id: &UserId,
    outcome: Outcome,
    sessions: Option<u64>,
) -> Result<Friendship> {
    let relation = friends::relation(account, user_id).await?;
    Ok(Friendship {
        user_id: user_id.to_owned(),
        relation,
        outcome,
        sessions: sessions.unwrap_or_default(),
        note: None,
    })
}

/// Looks at the server and does what is pending, again and again until something holds or the time is over.
///
/// # Errors
/// As [`settle`].
pub async fn until<'a>(
    account: &Account,
    console: &mut dyn Console,
    seconds: u64,
    holds: impl Fn() -> BoxFuture<'a, Result<bool>> + Send,
) -> Result<bool> {
    let deadline = std::time::Instant::now() + Duration::from_secs(seconds);
    loop {
        settle(account, console).await?;
        if holds().await? {
            return Ok(true);
        }
        if std::time::Instant::now() >= deadline {
            return Ok(false);
        }
        account.sync_once(Duration::from_millis(500)).await?;
    }
}

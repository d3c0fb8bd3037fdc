//! Saying no, and parting. Whoever goes reads nothing that is said afterwards: the next thought has a new key.

use std::time::Duration;

use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::events::room::member::MembershipState;
use matrix_sdk::{Room, RoomState};

use super::list::relation;
use super::membership;
use crate::account::Account;
use crate::error::{Error, Result};
use crate::pending::Journal;
use crate::report::{Friendship, Outcome};
use crate::timelines;

/// Says no to somebody who asks.
///
/// # Errors
/// They do not ask, or the server refuses.
pub async fn decline(account: &Account, user_id: &UserId) -> Result<Friendship> {
    let _turn = account.people().await;
    let mut declined = false;
    for room in timelines::own(account).await? {
        if membership(&room, user_id).await? == Some(MembershipState::Knock) {
            room.kick_user(user_id, None).await?;
            declined = true;
        }
    }
    for room in foreign(account, user_id).await? {
        if room.state() == RoomState::Invited {
            room.leave().await?;
            declined = true;
        }
    }
    if !declined {
        return Err(Error::NotFound(format!("{user_id} does not ask to be your friend.")));
    }
    forget(account, user_id)?;
    parted(account, user_id, Outcome::Declined).await
}

/// Is no friend of somebody any more, in either direction.
///
/// # Errors
/// There is nothing between the two, or the server refuses.
pub async fn remove(account: &Account, user_id: &UserId) -> Result<Friendship> {
    let _turn = account.people().await;
    forget(account, user_id)?;
    let removed = put_out(account, user_id, false).await?;
    let left = leave_theirs(account, user_id).await?;
    if !removed && !left {
        return Err(Error::NotFound(format!("{user_id} is no friend of yours.")));
    }
    parted(account, user_id, Outcome::Removed).await
}

/// Hears nothing of somebody any more, and lets them ask no more.
///
/// # Errors
/// The server refuses.
pub async fn block(account: &Account, user_id: &UserId) -> Result<Friendship> {
    if user_id == account.user_id() {
        return Err(Error::Input("You cannot block yourself.".to_owned()));
    }
    let _turn = account.people().await;
    // Each step counts for itself: one that fails does not hold up the others.
    let ignored = account.client().account().ignore_user(user_id).await.map_err(Error::from);
    let forgotten = forget(account, user_id);
    let put_out = put_out(account, user_id, true).await.map(drop);
    let left = leave_theirs(account, user_id).await.map(drop);
    let failed: Vec<String> = [ignored, forgotten, put_out, left]
        .into_iter()
        .filter_map(Result::err)
        .map(|error| error.to_string())
        .collect();
    if failed.is_empty() {
        return parted(account, user_id, Outcome::Blocked).await;
    }
    Err(Error::Sharing(format!("{user_id} is blocked only in part; block them again. {}", failed.join(" "))))
}

/// Nothing that was begun with them goes on.
fn forget(account: &Account, user_id: &UserId) -> Result<()> {
    Journal::change(account, |journal| {
        journal.forget(user_id);
    })
}

/// Puts somebody out of all our timelines, of each whatever the server says of another. Whether there was anything to do.
async fn put_out(account: &Account, user_id: &UserId, ban: bool) -> Result<bool> {
    let (mut any, mut failed) = (false, None);
    for room in timelines::own(account).await? {
        match put_out_of(&room, user_id, ban).await {
            Ok(was_there) => any |= was_there,
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(any), Err)
}

async fn put_out_of(room: &Room, user_id: &UserId, ban: bool) -> Result<bool> {
    let at = membership(room, user_id).await?;
    let is_there = matches!(at, Some(MembershipState::Join | MembershipState::Invite | MembershipState::Knock));
    // Before as well as after: whatever breaks off in between, no key is used on that they have.
    if is_there {
        new_key(room).await?;
    }
    if ban && at != Some(MembershipState::Ban) {
        room.ban_user(user_id, None).await?;
    } else if !ban && is_there {
        room.kick_user(user_id, None).await?;
    }
    if is_there {
        new_key(room).await?;
    }
    Ok(is_there)
}

/// The next thought of a timeline has a new key.
pub(crate) async fn new_key(room: &Room) -> Result<()> {
    if room.encryption_state().is_encrypted() {
        room.discard_room_key().await?;
    }
    Ok(())
}

async fn leave_theirs(account: &Account, user_id: &UserId) -> Result<bool> {
    let rooms = foreign(account, user_id).await?;
    let mut failed = None;
    for room in &rooms {
        if let Err(error) = room.leave().await {
            failed = failed.or(Some(Error::from(error)));
        }
    }
    failed.map_or(Ok(!rooms.is_empty()), Err)
}

/// Timelines of somebody in which we are, or might be.
async fn foreign(account: &Account, user_id: &UserId) -> Result<Vec<Room>> {
    let mut rooms = Vec::new();
    for room in account.client().rooms() {
        let there = matches!(room.state(), RoomState::Joined | RoomState::Invited | RoomState::Knocked);
        if there && timelines::owner(&room).await?.as_deref() == Some(user_id) {
            rooms.push(room);
        }
    }
    Ok(rooms)
}

async fn parted(account: &Account, user_id: &UserId, outcome: Outcome) -> Result<Friendship> {
    account.sync_once(Duration::ZERO).await?;
    let relation = relation(account, user_id).await?;
    Ok(Friendship { user_id: user_id.to_owned(), relation, outcome, sessions: 0, note: None })
}

//! Groups of friends to whom one writes. Their names are the author's alone.

use std::time::Duration;

use matrix_sdk::ruma::{OwnedUserId, UserId};
use matrix_sdk::{Room, RoomMemberships};
use peerbrain_vocabulary::{Audience, AudienceKind, Relation};

use crate::account::Account;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::friends;
use crate::report::AudienceReport;
use crate::timelines;

/// Makes an audience of nobody.
///
/// # Errors
/// The name is taken or cannot be one; this device is not let in, or the server refuses.
pub async fn create(account: &Account, name: &str) -> Result<AudienceReport> {
    let room = timelines::create(account, name).await?;
    report(account, room.room_id().as_str()).await
}

/// All audiences, with those who read them.
///
/// # Errors
/// This device is not let in, or members cannot be had.
pub async fn list(account: &Account) -> Result<Vec<AudienceReport>> {
    let mut reports = Vec::new();
    for audience in account.audiences().await?.audiences {
        reports.push(of(account, &audience).await?);
    }
    Ok(reports)
}

/// Lets a friend into an audience, with the keys of what was said there before.
///
/// # Errors
/// There is no such audience; they are no friend; as [`crate::sharing::let_in`].
pub async fn add(account: &Account, name: &str, user_id: &UserId, console: &mut dyn Console) -> Result<AudienceReport> {
    let _turn = account.people().await;
    let (audience, room) = list_named(account, name).await?;
    let relation = friends::relation(account, user_id).await?;
    if !matches!(relation, Some(Relation::Friend | Relation::Follower)) {
        return Err(Error::Input(format!("{user_id} is no friend of yours yet: only friends can be in an audience.")));
    }
    console.progress("Giving them the keys of this audience", 0, 0);
    let done = friends::let_in(account, &room, user_id).await;
    console.progress("Giving them the keys of this audience", 1, 1);
    done?;
    account.sync_once(Duration::ZERO).await?;
    of(account, &audience).await
}

/// Takes somebody out of an audience.
///
/// # Errors
/// There is no such audience, or they are not in it; the server refuses.
pub async fn remove(account: &Account, name: &str, user_id: &UserId) -> Result<AudienceReport> {
    let (audience, room) = list_named(account, name).await?;
    let _turn = account.people().await;
    if !friends::is_in(friends::membership(&room, user_id).await?.as_ref()) {
        return Err(Error::NotFound(format!("{user_id} is not in the audience {}.", audience.name)));
    }
    // Before as well as after: whatever breaks off in between, no key is used on that they have.
    friends::new_key(&room).await?;
    room.kick_user(user_id, None).await?;
    friends::new_key(&room).await?;
    account.sync_once(Duration::ZERO).await?;
    of(account, &audience).await
}

async fn list_named(account: &Account, name: &str) -> Result<(Audience, Room)> {
    let audiences = account.audiences().await?;
    let audience = audiences.named(name).ok_or_else(|| unknown(name))?.clone();
    if audience.kind != AudienceKind::List {
        return Err(Error::Input(format!(
            "Who is in {} follows from your friends: see `thoughts friend`.",
            audience.name
        )));
    }
    let room = timelines::of_audience(account, &audience)?;
    Ok((audience, room))
}

/// What is said of an audience that there is not.
pub(crate) fn unknown(name: &str) -> Error {
    Error::NotFound(format!("There is no audience called {name}. `thoughts audience list` shows those there are."))
}

async fn report(account: &Account, room_id: &str) -> Result<AudienceReport> {
    let audiences = account.audiences().await?;
    let audience = audiences.in_room(room_id).ok_or_else(|| unknown(room_id))?;
    of(account, audience).await
}

async fn of(account: &Account, audience: &Audience) -> Result<AudienceReport> {
    let room = timelines::of_audience(account, audience)?;
    let members = room.members(RoomMemberships::JOIN | RoomMemberships::INVITE).await?;
    let members = members.iter().map(|member| member.user_id().to_owned());
    let members: Vec<OwnedUserId> = members.filter(|user_id| user_id != account.user_id()).collect();
    Ok(AudienceReport { name: audience.name.clone(), room_id: room.room_id().to_owned(), kind: audience.kind, members })
}

//! Whose a timeline is: its creator's, if the room says so, and nobody's if it names somebody else.

use matrix_sdk::deserialized_responses::RawAnySyncOrStrippedState;
use matrix_sdk::ruma::events::StateEventType;
use matrix_sdk::ruma::{OwnedUserId, UserId};
use matrix_sdk::{Room, RoomState};
use peerbrain_vocabulary::{ProfileUserId, names};
use serde::Deserialize;

use crate::account::Account;
use crate::error::Result;

/// Whether a room says that it is a timeline, of whomever.
#[must_use]
pub fn is_timeline(room: &Room) -> bool {
    room.room_type().is_some_and(|kind| kind.as_str() == names::PROFILE_ROOM_TYPE)
}

/// Whose timeline a room is. Nobody's if it is none, or if it names somebody who did not make it.
///
/// Of a room in which one is not, the creator is all there is to know; the rest is looked at once one has joined.
///
/// # Errors
/// The account's files cannot be read.
pub async fn owner(room: &Room) -> Result<Option<OwnedUserId>> {
    if !is_timeline(room) {
        return Ok(None);
    }
    let Some(creator) = room.creators().and_then(|creators| creators.into_iter().next()) else { return Ok(None) };
    if room.state() != RoomState::Joined {
        return Ok(Some(creator));
    }
    let kind = StateEventType::from(names::PROFILE_USER_ID);
    let named = room.get_state_event(kind, "").await?.and_then(|event| named(&event));
    Ok((named.as_deref() == Some(creator.as_str())).then_some(creator))
}

#[derive(Deserialize)]
struct Naming {
    content: ProfileUserId,
}

fn named(event: &RawAnySyncOrStrippedState) -> Option<String> {
    let json = match event {
        RawAnySyncOrStrippedState::Sync(event) => event.json(),
        RawAnySyncOrStrippedState::Stripped(event) => event.json(),
    };
    serde_json::from_str::<Naming>(json.get()).ok().map(|naming| naming.content.user_id)
}

/// One's own timelines.
///
/// # Errors
/// The account's files cannot be read.
pub async fn own(account: &Account) -> Result<Vec<Room>> {
    theirs(account, account.user_id()).await
}

/// The timelines of somebody that one has joined.
///
/// # Errors
/// The account's files cannot be read.
pub async fn theirs(account: &Account, user_id: &UserId) -> Result<Vec<Room>> {
    let mut rooms = Vec::new();
    for room in account.client().joined_rooms() {
        if owner(&room).await?.as_deref() == Some(user_id) {
            rooms.push(room);
        }
    }
    Ok(rooms)
}

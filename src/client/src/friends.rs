//! Friends: each is joined to a timeline of the other. Asking is a knock, accepting is an invite that brings the keys of
//! old thoughts (`federation-spec/thoughts.md`).

mod asking;
mod list;
mod parting;

use matrix_sdk::Room;
use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::events::room::member::MembershipState;

pub use asking::{accept, request};
pub use list::{derived, list, relation};
pub(crate) use parting::new_key;
pub use parting::{block, decline, remove};

use crate::account::Account;
use crate::error::Result;
use crate::pending::Journal;
use crate::sharing;

/// How somebody stands in a room, as far as the server has told.
///
/// # Errors
/// The members cannot be had.
pub(crate) async fn membership(room: &Room, user_id: &UserId) -> Result<Option<MembershipState>> {
    Ok(room.get_member(user_id).await?.map(|member| member.membership().clone()))
}

/// Whether that means to be in, or to have been let in.
pub(crate) fn is_in(membership: Option<&MembershipState>) -> bool {
    matches!(membership, Some(MembershipState::Join | MembershipState::Invite))
}

/// Lets somebody in, and notes it before, so that it is finished if something breaks off in between.
///
/// # Errors
/// As [`sharing::let_in`]; then nothing is noted, but for an outage.
pub(crate) async fn let_in(account: &Account, room: &Room, user_id: &UserId) -> Result<()> {
    let place = (room.room_id().to_owned(), user_id.to_owned());
    Journal::change(account, |journal| journal.let_in(place.clone()))?;
    let done = match membership(room, user_id).await {
        Ok(membership) if is_in(membership.as_ref()) => Ok(()),
        Ok(_) => sharing::let_in(account, room, user_id).await,
        Err(error) => Err(error),
    };
    if !matches!(&done, Err(error) if error.is_outage()) {
        Journal::change(account, |journal| {
            journal.let_in.retain(|known| *known != place);
            if done.is_ok() {
                journal.accept(user_id);
            }
        })?;
    }
    done
}

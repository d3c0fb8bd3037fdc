//! New keys where somebody is gone. Whoever leaves, is put out by another device, or says no to an invite, has the key of
//! the timeline, so the next thought has another one.

use std::collections::{BTreeMap, BTreeSet};

use matrix_sdk::RoomMemberships;
use matrix_sdk::ruma::{OwnedRoomId, OwnedUserId};

use crate::account::Account;
use crate::error::Result;
use crate::{friends, timelines};

const FILE: &str = "members.json";

/// Who was in each of our timelines, or let in, when they were looked at last.
type Members = BTreeMap<OwnedRoomId, BTreeSet<OwnedUserId>>;

/// Looks at our own encrypted timelines, and gives up the keys of those that somebody has gone from since the last time.
///
/// # Errors
/// Members cannot be had, or the account's files not be used.
pub async fn new_keys_where_somebody_went(account: &Account) -> Result<()> {
    let before: Members = account.folder().read_json(FILE)?;
    let mut after = Members::new();
    for room in timelines::own(account).await? {
        if !room.encryption_state().is_encrypted() {
            continue;
        }
        let members = room.members(RoomMemberships::JOIN | RoomMemberships::INVITE).await?;
        let now: BTreeSet<OwnedUserId> = members.iter().map(|member| member.user_id().to_owned()).collect();
        // First the key, then the note: what breaks off in between is done again.
        if somebody_went(before.get(room.room_id()), &now) {
            friends::new_key(&room).await?;
        }
        after.insert(room.room_id().to_owned(), now);
    }
    if after == before { Ok(()) } else { account.folder().write_json(FILE, &after) }
}

fn somebody_went(before: Option<&BTreeSet<OwnedUserId>>, now: &BTreeSet<OwnedUserId>) -> bool {
    before.is_some_and(|before| !before.is_subset(now))
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::owned_user_id;

    use super::*;

    #[test]
    fn only_who_goes_makes_a_new_key() {
        let (alice, bob) = (owned_user_id!("@alice:a"), owned_user_id!("@bob:b"));
        let both = BTreeSet::from([alice.clone(), bob.clone()]);
        let one = BTreeSet::from([alice]);
        assert!(somebody_went(Some(&both), &one));
        assert!(somebody_went(Some(&BTreeSet::from([bob])), &one));
        assert!(!somebody_went(Some(&one), &both));
        assert!(!somebody_went(Some(&both), &both));
        assert!(!somebody_went(None, &one));
    }
}

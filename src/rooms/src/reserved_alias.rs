//! Aliases that belong to one user (`federation-spec/thoughts.md`): `#thoughts-NAME` leads to the timeline of @NAME, so nobody
//! else may take it, whether there is such a user or not.

use ruma::{RoomAliasId, UserId};
use vocabulary::alias_owner;

use crate::{Error, Result};

/// Refuses an alias of this server that belongs to somebody else.
pub(crate) fn check_alias_owner(user_id: &UserId, alias: &RoomAliasId) -> Result<()> {
    match alias_owner(alias.alias()) {
        Some(owner) if owner != user_id.localpart() || alias.server_name() != user_id.server_name() => {
            Err(Error::AliasReserved(owner.to_owned()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use ruma::{room_alias_id, user_id};

    use super::*;

    #[test]
    fn only_its_owner_may_take_it() {
        let alice = user_id!("@alice:a");
        assert!(check_alias_owner(alice, room_alias_id!("#thoughts-alice:a")).is_ok());
        assert!(check_alias_owner(alice, room_alias_id!("#thoughts-alice~public:a")).is_ok());
        assert!(check_alias_owner(alice, room_alias_id!("#garden:a")).is_ok());
        for other in ["#thoughts-bob:a", "#thoughts-bob~x:a", "#thoughts-alice2:a", "#thoughts-Alice:a"] {
            assert!(check_alias_owner(alice, <&RoomAliasId>::try_from(other).unwrap()).is_err(), "{other}");
        }
    }
}

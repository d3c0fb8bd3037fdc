//! Finds somebody's timeline for friends: by the profile, an alias, or a link.

use matrix_sdk::ruma::matrix_uri::MatrixId;
use matrix_sdk::ruma::{
    MatrixToUri, OwnedRoomId, OwnedServerName, OwnedUserId, RoomAliasId, RoomId, ServerName, UserId,
};
use peerbrain_vocabulary::{ProfileRoom, alias_localpart, alias_owner, names};
use url::form_urlencoded;

use crate::account::Account;
use crate::error::{Error, Result};

/// A timeline for friends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whose it should be.
    pub user_id: OwnedUserId,
    /// The room.
    pub room_id: OwnedRoomId,
    /// Servers that are in it.
    pub via: Vec<OwnedServerName>,
}

/// Finds somebody's timeline for friends.
///
/// * `whom`: `@bob:example.org`, `#thoughts-bob:example.org`, or a link of matrix.to to either.
///
/// # Errors
/// There is no such user, or they have no timeline; their server cannot be reached.
pub async fn find(account: &Account, whom: &str) -> Result<Found> {
    let user_id = person(whom)?;
    if let Some(found) = by_profile(account, &user_id).await? {
        return Ok(found);
    }
    by_alias(account, &user_id).await
}

/// Who is meant by an id, an alias or a link.
///
/// # Errors
/// It is none of these, or names nobody.
pub fn person(whom: &str) -> Result<OwnedUserId> {
    let whom = whom.trim();
    if whom.starts_with('@') {
        return Ok(UserId::parse(whom)?);
    }
    if whom.starts_with('#') {
        return owner_of(&RoomAliasId::parse(whom)?);
    }
    match MatrixToUri::parse(whom).map(|uri| uri.id().clone()) {
        Ok(MatrixId::User(user_id)) => Ok(user_id),
        Ok(MatrixId::RoomAlias(alias)) => owner_of(&alias),
        Ok(_) => Err(Error::Input("This link names a room and no person. Ask with their id: @name:server.".to_owned())),
        Err(_) => Err(Error::Input(format!("{whom:?} is nobody: give an id such as @bob:example.org."))),
    }
}

fn owner_of(alias: &RoomAliasId) -> Result<OwnedUserId> {
    let owner = alias_owner(alias.alias()).ok_or_else(|| Error::Input(format!("{alias} is nobody's timeline.")))?;
    Ok(UserId::parse(format!("@{owner}:{}", alias.server_name()))?)
}

async fn by_profile(account: &Account, user_id: &UserId) -> Result<Option<Found>> {
    let path = format!("/_matrix/client/v3/profile/{}", encoded(user_id.as_str()));
    let told = match account.get_json(&path).await {
        // What our own server says of a server that it cannot reach.
        Err(Error::Refused(_) | Error::Unreachable { .. })
            if account.user_id().server_name() != user_id.server_name() =>
        {
            return Err(Error::Unreachable {
                server: user_id.server_name().to_string(),
                why: "their server does not answer".to_owned(),
            });
        }
        told => told?,
    };
    let Some(profile) = told else { return Err(Error::nobody(user_id)) };
    let field = profile
        .get(names::PROFILE_ROOM_FIELD)
        .cloned()
        .and_then(|value| serde_json::from_value::<ProfileRoom>(value).ok());
    let Some(field) = field else { return Ok(None) };
    let Ok(room_id) = RoomId::parse(&field.room_id) else { return Ok(None) };
    let told = field.via.iter().filter_map(|name| ServerName::parse(name).ok()).take(5);
    let mut via: Vec<OwnedServerName> = told.collect();
    if via.is_empty() {
        via.push(user_id.server_name().to_owned());
    }
    Ok(Some(Found { user_id: user_id.to_owned(), room_id, via }))
}

async fn by_alias(account: &Account, user_id: &UserId) -> Result<Found> {
    let alias = RoomAliasId::parse(format!("#{}:{}", alias_localpart(user_id.localpart()), user_id.server_name()))?;
    match account.client().resolve_room_alias(&alias).await {
        Ok(found) => Ok(Found {
            user_id: user_id.to_owned(),
            room_id: found.room_id,
            via: found.servers.into_iter().take(5).collect(),
        }),
        Err(error) => match Error::from(error) {
            Error::Refused(_) => Err(Error::NotFound(format!(
                "{user_id} has no timeline yet: nobody can be their friend before they have used thoughts once."
            ))),
            other => Err(other),
        },
    }
}

/// An id as a part of a path.
pub(crate) fn encoded(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_in_several_ways() {
        for whom in [
            "@bob:example.org",
            " @bob:example.org ",
            "#thoughts-bob:example.org",
            "https://matrix.to/#/@bob:example.org",
            "https://matrix.to/#/%23thoughts-bob%3Aexample.org",
        ] {
            assert_eq!(person(whom).unwrap(), "@bob:example.org", "{whom}");
        }
        for wrong in ["bob", "#garden:example.org", "https://matrix.to/#/!room:example.org", "https://example.org", ""]
        {
            assert!(person(wrong).is_err(), "{wrong}");
        }
    }
}

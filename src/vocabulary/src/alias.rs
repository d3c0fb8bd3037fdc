//! Aliases that belong to one user: `#thoughts-NAME` leads to the timeline of @NAME for friends, `#thoughts-NAME~public` to
//! the public one. A tilde can be in no user's name, so no name of a user is another's with something added.

const PREFIX: &str = "thoughts-";
const PUBLIC: &str = "public";

/// The local part of the alias of a user's timeline for friends.
///
/// * `localpart`: the user's, without `@` and server.
#[must_use]
pub fn alias_localpart(localpart: &str) -> String {
    format!("{PREFIX}{localpart}")
}

/// The local part of the alias of a user's public timeline.
///
/// * `localpart`: the user's, without `@` and server.
#[must_use]
pub fn public_alias_localpart(localpart: &str) -> String {
    format!("{PREFIX}{localpart}~{PUBLIC}")
}

/// The local part of the user to whom an alias belongs, if it is such a one: only that user may take it.
///
/// * `alias_localpart`: the alias', without `#` and server.
#[must_use]
pub fn alias_owner(alias_localpart: &str) -> Option<&str> {
    let rest = alias_localpart.strip_prefix(PREFIX)?;
    let owner = rest.split_once('~').map_or(rest, |(owner, _)| owner);
    (!owner.is_empty()).then_some(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_belongs_to_the_user_it_names() {
        assert_eq!(alias_owner(&alias_localpart("alice")), Some("alice"));
        assert_eq!(alias_owner(&public_alias_localpart("alice")), Some("alice"));
        assert_eq!(alias_owner("thoughts-alice-public"), Some("alice-public"));
        assert_eq!(alias_owner("thoughts-alice~holiday"), Some("alice"));
        assert_eq!(alias_owner("thoughts-"), None);
        assert_eq!(alias_owner("thoughts-~public"), None);
        assert_eq!(alias_owner("alice"), None);
    }
}

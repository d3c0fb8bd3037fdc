//! What a new user may be called (appendices §user-identifiers).

use std::borrow::Cow;

use peerbrain_core::{
    Random,
    limits::{ID_BYTES, USERNAME_BYTES},
    random,
};
use ruma::{OwnedUserId, ServerName, UserId};

use crate::{Error, Result, storable::is_storable};

/// Characters of a name that is made up.
const GENERATED_CHARS: usize = 12;

/// The id of a new user of this name. Capital letters become small ones; whatever else is outside the grammar is
/// refused, although older users may have it.
pub(crate) fn new_user_id(username: &str, server_name: &ServerName) -> Result<OwnedUserId> {
    let name = username.to_ascii_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._=-/+".contains(c);
    if name.is_empty() {
        return Err(Error::InvalidUsername(Cow::Borrowed("the user name is empty")));
    }
    if !name.chars().all(fits) {
        let text = "a user name may only have the characters a-z, 0-9 and ._=-/+";
        return Err(Error::InvalidUsername(Cow::Borrowed(text)));
    }
    let user_id = format!("@{name}:{server_name}");
    if name.len() > USERNAME_BYTES || user_id.len() > ID_BYTES {
        return Err(Error::InvalidUsername(Cow::Borrowed("the user name is too long")));
    }
    UserId::parse(user_id.as_str()).map_err(|_| Error::InvalidUsername(Cow::Borrowed("this is not a user name")))
}

/// A name for somebody who gave none.
pub(crate) fn generated(random: &dyn Random) -> String {
    random::token(random, GENERATED_CHARS).to_ascii_lowercase()
}

/// The user that somebody means who logs in: a whole id of this server, or a local part. None where it can be no
/// user of this server.
pub(crate) fn existing_user_id(user: &str, server_name: &ServerName) -> Option<OwnedUserId> {
    let user = user.trim();
    let whole = if user.starts_with('@') { user.to_owned() } else { format!("@{user}:{server_name}") };
    let user_id = UserId::parse(whole.to_ascii_lowercase()).ok()?;
    (user_id.server_name() == server_name && is_storable(user_id.as_str())).then_some(user_id)
}

#[cfg(test)]
mod tests {
    use peerbrain_core::SeededRandom;
    use ruma::server_name;

    use super::*;

    fn id(username: &str) -> Option<String> {
        new_user_id(username, server_name!("example.org")).ok().map(|id| id.to_string())
    }

    #[test]
    fn the_grammar_is_kept() {
        assert_eq!(id("a.b_c=d-e/f+1").as_deref(), Some("@a.b_c=d-e/f+1:example.org"));
        assert_eq!(id("Alice").as_deref(), Some("@alice:example.org"));
        for wrong in ["", "has space", "exclam!", "colon:inside", "ünïcode", "at@sign", "new\nline", "nul\0"] {
            assert_eq!(id(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn long_names_are_refused() {
        assert!(id(&"l".repeat(USERNAME_BYTES)).is_some());
        assert_eq!(id(&"l".repeat(USERNAME_BYTES + 1)), None);
        let server = ServerName::parse(format!("{}.org", "s".repeat(200))).unwrap();
        assert!(new_user_id(&"l".repeat(60), &server).is_err());
    }

    #[test]
    fn made_up_names_are_names() {
        assert!(id(&generated(&SeededRandom::new(1))).is_some());
    }

    #[test]
    fn who_logs_in_may_write_it_either_way() {
        let server = server_name!("example.org");
        let alice = Some("@alice:example.org".to_owned());
        for written in ["alice", "@alice:example.org", "Alice", " alice "] {
            assert_eq!(existing_user_id(written, server).map(|id| id.to_string()), alice, "{written}");
        }
        assert_eq!(existing_user_id("@alice:elsewhere.org", server), None);
        assert_eq!(existing_user_id("@alice", server), None);
    }
}

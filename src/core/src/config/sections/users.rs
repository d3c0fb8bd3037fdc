//! Users: how they come, what their passwords cost, who finds them.

use crate::config::Secret;
use crate::config::describe::{settings, unset_when_empty, words};

settings! {
    /// Who may register. The first user registers with the one-time token that the first start prints, whatever the mode.
    pub struct Registration {
        /// "closed": nobody. "token": who has a token. "open": everybody (strangers will use your server to send spam).
        mode: RegistrationMode = RegistrationMode::Closed,
        /// The tokens for mode "token".
        tokens: Vec<Secret> = Vec::new(),
        /// A secret for programs that register users through /_synapse/admin/v1/register. Unset: that way is shut.
        #[serde(deserialize_with = "unset_when_empty")]
        shared_secret: Option<Secret> = None,
        /// Whether strangers get guest accounts, whatever the mode. Guests have no password, and may read and write only
        /// in rooms that let guests in.
        guests: bool = false,
    }
}

words! {
    /// Who may register.
    pub enum RegistrationMode {
        /// Nobody.
        Closed = "closed",
        /// Those with a token.
        Token = "token",
        /// Everybody.
        Open = "open",
    }
}

settings! {
    /// How passwords are hashed (Argon2id). Changes concern passwords that are set from then on.
    pub struct Passwords {
        /// Kilobytes of memory for each hash.
        memory_kb: u32 = 19_456,
        /// Passes over that memory.
        passes: u32 = 2,
        /// Hashes computed at the same time. 0: one per processor core.
        at_once: usize = 0,
        /// Requests that may wait for their turn; further ones are told to come back later.
        queue: usize = 64,
        /// Fewest characters of a new password.
        min_length: usize = 8,
    }
}

settings! {
    /// Who finds whom in the user directory.
    pub struct UserDirectory {
        /// false: users of rooms that one shares, or that are public. true: all users of this server.
        all_users: bool = false,
    }
}

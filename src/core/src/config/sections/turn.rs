//! Calls.

use crate::config::Secret;
use crate::config::describe::{settings, unset_when_empty};

settings! {
    /// The relay through which calls go where two callers cannot reach each other, such as coturn with `use-auth-secret`.
    pub struct Turn {
        /// Its addresses, such as ["turn:turn.example.org?transport=udp", "turns:turn.example.org"]. Empty: there is none.
        uris: Vec<String> = Vec::new(),
        /// The secret that the relay shares with this server (coturn: static-auth-secret).
        #[serde(deserialize_with = "unset_when_empty")]
        shared_secret: Option<Secret> = None,
        /// How long a user's credentials are good, in seconds.
        ttl_seconds: u64 = 86_400,
    }
}

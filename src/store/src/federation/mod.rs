//! What is kept of other servers.

pub mod old_signing_keys;
pub mod server_keys;

//! What is kept of other servers, and what of theirs waits.

pub mod old_signing_keys;
pub mod server_keys;
pub mod staged;

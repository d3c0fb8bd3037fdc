//! Presence: as one asks for it, and as it comes.

use super::prelude;
use super::prelude::*;

mod in_sync;
mod status;

/// The tests of both parts.
pub fn tests() -> Vec<Test> {
    [status::tests(), in_sync::tests()].concat()
}

/// Tries to set a user's own presence.
async fn set(user: &User, body: Value) -> Result<Reply, Failure> {
    user.put(v3!("presence/{}/status", user), body).await
}

/// The presence of a user as another sees it.
async fn get(user: &User, of: &User) -> Result<Value, Failure> {
    user.get(v3!("presence/{}/status", of)).await?.ok()
}

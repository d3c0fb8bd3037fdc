//! What rooms need to know of users.

use futures_util::future::BoxFuture;
use ruma::UserId;

use crate::Result;

/// What rooms need to know of users.
pub trait Users: Send + Sync {
    /// The name and picture of one of our users, for membership events.
    fn member_profile<'a>(&'a self, user: &'a UserId) -> BoxFuture<'a, Result<(Option<String>, Option<String>)>>;

    /// Whether one of our users takes no invites (MSC4380).
    fn blocks_invites<'a>(&'a self, user: &'a UserId) -> BoxFuture<'a, Result<bool>>;
}

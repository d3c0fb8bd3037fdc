//! What rooms ask of accounts.

use std::sync::Arc;

use accounts::Accounts;
use futures_util::future::BoxFuture;
use ruma::UserId;

/// The accounts, as the rooms crate asks for them.
pub struct Users(pub Arc<Accounts>);

impl rooms::Users for Users {
    fn member_profile<'a>(
        &'a self,
        user: &'a UserId,
    ) -> BoxFuture<'a, rooms::Result<(Option<String>, Option<String>)>> {
        Box::pin(async move { self.0.member_profile(user).await.map_err(failed) })
    }

    fn blocks_invites<'a>(&'a self, user: &'a UserId) -> BoxFuture<'a, rooms::Result<bool>> {
        Box::pin(async move { Ok(self.0.preferences(user).await.map_err(failed)?.invites_blocked) })
    }
}

fn failed(error: accounts::Error) -> rooms::Error {
    match error {
        accounts::Error::Store(error) => rooms::Error::Store(error),
        other => rooms::Error::Internal(other.to_string()),
    }
}

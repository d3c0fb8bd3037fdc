//! OpenID tokens: they prove to others who a user is, and let in nowhere (client-server §openid).

use ruma::{OwnedUserId, UserId};
use store::accounts::{openid_tokens as rows, users};

use crate::{
    Accounts, Error, Result,
    tokens::{self, Purpose},
};

/// How long a token is good, in seconds.
const LASTS_S: i64 = 3_600;
/// Tokens of one user that are good at the same time.
const PER_USER: i64 = 100;

/// A token that proves who a user is.
pub struct OpenIdToken {
    /// What the user gives to others.
    pub token: String,
    /// How long it is good, in seconds.
    pub expires_in_s: u64,
}

impl Accounts {
    /// Makes a token that proves who this user is. Of a hundred others of theirs the oldest goes.
    pub async fn create_openid_token(&self, user_id: &UserId) -> Result<OpenIdToken> {
        let secret = tokens::fresh(&*self.random, Purpose::OpenId);
        let (user, expires_at) = (user_id.to_string(), self.clock.now_ms() + LASTS_S * 1_000);
        self.store.write(move |tx| rows::insert(tx, &secret.hash, &user, expires_at, PER_USER)).await?;
        Ok(OpenIdToken { token: secret.text, expires_in_s: LASTS_S.unsigned_abs() })
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// [`Error::UnknownToken`], also where the account has been closed or locked since.
    pub async fn openid_user(&self, token: &str) -> Result<OwnedUserId> {
        let (hash, now) = (tokens::hash(token), self.clock.now_ms());
        let read = move |conn: &mut store::Conn| {
            let Some((user_id, expires_at)) = rows::get(conn, &hash)? else { return Ok(None) };
            let user = users::get(conn, &user_id)?.filter(|user| !user.deactivated && !user.locked);
            Ok(user.filter(|_| now < expires_at).map(|user| user.user_id))
        };
        let user_id = self.store.read(read).await?.ok_or(Error::UnknownToken { soft_logout: false })?;
        Ok(OwnedUserId::try_from(user_id).map_err(|_| store::Error::Corrupt("a user id that is none".into()))?)
    }

    /// Forgets the tokens that have expired.
    pub(crate) async fn forget_openid_tokens(&self, now: i64) -> Result<()> {
        if self.store.read(move |conn| rows::any_expired(conn, now)).await? {
            self.store.write(move |tx| rows::delete_expired(tx, now)).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use store::testing::each;

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn it_proves_who_one_is_for_an_hour_and_lets_in_nowhere() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            let made = world.accounts.create_openid_token(&alice.user_id).await.unwrap();
            for _ in 0..2 {
                assert_eq!(world.accounts.openid_user(&made.token).await.unwrap(), alice.user_id);
            }
            assert!(world.session(&made.token).await.is_err());
            assert!(world.accounts.openid_user(&alice.access_token).await.is_err());
            world.clock.advance(Duration::from_secs(made.expires_in_s));
            assert!(world.accounts.openid_user(&made.token).await.is_err());
            world.accounts.housekeeping().await.unwrap();
        })
        .await
    }

    #[tokio::test]
    async fn a_closed_account_proves_nothing_and_tokens_are_counted() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            let first = world.accounts.create_openid_token(&alice.user_id).await.unwrap();
            for _ in 0..PER_USER {
                world.clock.advance(Duration::from_millis(1));
                world.accounts.create_openid_token(&alice.user_id).await.unwrap();
            }
            assert!(world.accounts.openid_user(&first.token).await.is_err(), "the oldest went");
            let last = world.accounts.create_openid_token(&alice.user_id).await.unwrap();
            world.accounts.deactivate(&alice.user_id, None, false).await.unwrap();
            assert!(world.accounts.openid_user(&last.token).await.is_err());
        })
        .await
    }
}

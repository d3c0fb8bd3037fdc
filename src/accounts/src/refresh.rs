//! Refreshing access tokens (client-server §refreshing-access-tokens).

use store::{
    Tx,
    accounts::{TokenKind, tokens as rows},
};

use crate::{
    Accounts, Error, Result,
    new_device::{ACCESS_TOKEN_LASTS, TokenPair},
    tokens::{self, TokenHash},
};

/// A new pair of tokens. The old refresh token stays good until one of these is used.
#[derive(Clone)]
pub struct Refreshed {
    /// The new access token.
    pub access_token: String,
    /// The new refresh token.
    pub refresh_token: String,
    /// How long the access token is good, in milliseconds.
    pub expires_in_ms: u64,
}

/// How the write of a refresh ended.
enum Outcome {
    Done,
    Unknown,
    Expired,
    Locked,
}

impl Accounts {
    /// Gives a new pair of tokens for a refresh token.
    ///
    /// # Errors
    /// [`Error::UnknownToken`], where the token has expired as a soft logout; [`Error::Locked`].
    pub async fn refresh(&self, refresh_token: &str) -> Result<Refreshed> {
        let (hash, now) = (tokens::hash(refresh_token), self.clock.now_ms());
        // Most of what is refused is refused without a write.
        let known = self.store.read(move |conn| rows::get(conn, &hash, TokenKind::Refresh)).await?;
        if known.is_none() {
            return Err(Error::UnknownToken { soft_logout: false });
        }
        let pair = self.token_pair(true, now);
        let to_write = pair.clone();
        match self.store.write(move |tx| write(tx, &hash, &to_write, now)).await? {
            Outcome::Done => {}
            Outcome::Unknown => return Err(Error::UnknownToken { soft_logout: false }),
            Outcome::Expired => return Err(Error::UnknownToken { soft_logout: true }),
            Outcome::Locked => return Err(Error::Locked),
        }
        let (refresh, _) = pair.refresh.ok_or(Error::Internal("a pair of tokens without a refresh token"))?;
        Ok(Refreshed {
            access_token: pair.access.text,
            refresh_token: refresh.text,
            expires_in_ms: u64::try_from(ACCESS_TOKEN_LASTS).unwrap_or_default(),
        })
    }
}

/// Adds the pair of the next generation. To use this token revokes the pairs before it; a pair after it was lost on
/// its way to the client.
fn write(tx: &mut Tx<'_>, hash: &TokenHash, pair: &TokenPair, now: i64) -> store::Result<Outcome> {
    let Some(token) = rows::get(tx.conn(), hash, TokenKind::Refresh)? else { return Ok(Outcome::Unknown) };
    if token.expires_at.is_some_and(|end| end <= now) {
        return Ok(Outcome::Expired);
    }
    if token.user.locked {
        return Ok(Outcome::Locked);
    }
    let (user_id, device_id) = (token.user.user_id.as_str(), token.device_id.as_str());
    rows::revoke_older(tx, user_id, device_id, token.generation)?;
    rows::revoke_newer(tx, user_id, device_id, token.generation)?;
    pair.write(tx, (user_id, device_id), token.generation + 1)?;
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use store::testing::each;

    use super::*;
    use crate::{
        Credentials, Login, NewDevice, Seen,
        new_device::REFRESH_TOKEN_LASTS,
        testing::{World, millis},
    };

    async fn login(world: &World) -> (Login, String) {
        world.user("alice").await;
        let credentials = Credentials::Password { user: "alice", password: "password alice" };
        let device = NewDevice { refresh: true, ..NewDevice::default() };
        let login = world.accounts.login(credentials, device).await.unwrap();
        let refresh = login.refresh_token.clone().unwrap();
        (login, refresh)
    }

    async fn soft_logout(world: &World, token: &str) -> Option<bool> {
        match world.accounts.authenticate(token, Seen::default()).await {
            Ok(_) => None,
            Err(Error::UnknownToken { soft_logout }) => Some(soft_logout),
            Err(error) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn an_access_token_expires_and_is_refreshed() {
        each(async |database| {
            let world = World::open(database);
            let (login, refresh) = login(&world).await;
            assert_eq!(login.expires_in_ms, Some(3_600_000));
            assert_eq!(soft_logout(&world, &login.access_token).await, None);
            world.clock.advance(millis(ACCESS_TOKEN_LASTS));
            assert_eq!(soft_logout(&world, &login.access_token).await, Some(true), "hot or cold, it has expired");
            let new = world.accounts.refresh(&refresh).await.unwrap();
            let session = world.accounts.authenticate(&new.access_token, Seen::default()).await.unwrap();
            assert_eq!(session.device_id, login.device_id);
            assert_eq!(
                soft_logout(&world, &login.access_token).await,
                Some(false),
                "revoked by the use of the new one"
            );
        })
        .await
    }

    #[tokio::test]
    async fn the_old_refresh_token_is_good_until_the_new_access_token_is_used() {
        each(async |database| {
            let world = World::open(database);
            let (login, refresh) = login(&world).await;
            assert_eq!(soft_logout(&world, &login.access_token).await, None);
            let lost = world.accounts.refresh(&refresh).await.unwrap();
            let new = world.accounts.refresh(&refresh).await.unwrap();
            assert_eq!(soft_logout(&world, &lost.access_token).await, Some(false), "the lost pair is revoked");
            assert!(world.accounts.refresh(&lost.refresh_token).await.is_err());
            assert_eq!(soft_logout(&world, &login.access_token).await, None, "the old token still works");
            assert_eq!(soft_logout(&world, &new.access_token).await, None);
            let replayed = world.accounts.refresh(&refresh).await;
            assert!(matches!(replayed, Err(Error::UnknownToken { soft_logout: false })));
            assert_eq!(soft_logout(&world, &login.access_token).await, Some(false), "though it was in the cache");
        })
        .await
    }

    #[tokio::test]
    async fn the_use_of_the_new_refresh_token_revokes_the_old_one_too() {
        each(async |database| {
            let world = World::open(database);
            let (_, first) = login(&world).await;
            let second = world.accounts.refresh(&first).await.unwrap();
            let third = world.accounts.refresh(&second.refresh_token).await.unwrap();
            assert!(world.accounts.refresh(&first).await.is_err());
            assert_eq!(soft_logout(&world, &third.access_token).await, None);
            assert!(world.accounts.refresh(&second.refresh_token).await.is_err());
        })
        .await
    }

    #[tokio::test]
    async fn refresh_tokens_expire_softly() {
        each(async |database| {
            let world = World::open(database);
            let (_, refresh) = login(&world).await;
            world.clock.advance(millis(REFRESH_TOKEN_LASTS));
            let refused = world.accounts.refresh(&refresh).await;
            assert!(matches!(refused, Err(Error::UnknownToken { soft_logout: true })));
        })
        .await
    }

    #[tokio::test]
    async fn access_tokens_do_not_refresh_nor_refresh_tokens_authenticate() {
        each(async |database| {
            let world = World::open(database);
            let (login, refresh) = login(&world).await;
            assert!(world.accounts.refresh(&login.access_token).await.is_err());
            assert_eq!(soft_logout(&world, &refresh).await, Some(false));
            world.clock.advance(Duration::from_secs(1));
            assert!(world.accounts.refresh("").await.is_err());
        })
        .await
    }
}

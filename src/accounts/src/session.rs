//! Who makes a request.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use ruma::{OwnedDeviceId, OwnedUserId};
use store::accounts::{
    Token, TokenKind,
    tokens::{self as rows, revoke_older},
};

use crate::{
    Accounts, Error, Result,
    last_seen::NOTE_EVERY,
    tokens::{self, TokenHash},
};

/// Where a request came from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'a> {
    /// The client's address, if it is known.
    pub ip: Option<IpAddr>,
    /// Its `User-Agent`.
    pub user_agent: Option<&'a str>,
}

/// A user on a device, proven by an access token.
#[derive(Debug)]
pub struct Session {
    /// The user.
    pub user_id: OwnedUserId,
    /// The device to which the token belongs.
    pub device_id: OwnedDeviceId,
    /// Whether the user administers this server.
    pub admin: bool,
    /// Whether this is a guest, who may do little.
    pub guest: bool,
    /// Whether the user may only read and leave.
    pub suspended: bool,
    /// Whether the user may only log out.
    pub locked: bool,
    /// When the token expires, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    hash: TokenHash,
    /// When the device was last noted as seen.
    noted_at: AtomicI64,
}

impl Session {
    /// # Errors
    /// [`Error::Suspended`]: to be asked before whatever a suspended user may not do (client-server
    /// §account-suspension): sending, joining, knocking, inviting, changing the profile.
    pub fn require_active(&self) -> Result<()> {
        if self.suspended { Err(Error::Suspended) } else { Ok(()) }
    }

    /// # Errors
    /// [`Error::Forbidden`] for all but administrators of this server.
    pub fn require_admin(&self) -> Result<()> {
        if self.admin { Ok(()) } else { Err(Error::forbidden("only an administrator of this server may do this")) }
    }
}

impl Accounts {
    /// The session of an access token, and a note that its device was seen. A token that was used lately costs no
    /// database.
    ///
    /// # Errors
    /// [`Error::UnknownToken`]; [`Error::Locked`] where the user is shut out.
    pub async fn authenticate(&self, token: &str, seen: Seen<'_>) -> Result<Arc<Session>> {
        let session = self.authenticate_locked(token, seen).await?;
        if session.locked { Err(Error::Locked) } else { Ok(session) }
    }

    /// The same, for the endpoints that a locked user may use: `logout` and `logout/all`.
    pub async fn authenticate_locked(&self, token: &str, seen: Seen<'_>) -> Result<Arc<Session>> {
        let hash = tokens::hash(token);
        let session = match self.caches.session(&hash) {
            Some(session) => session,
            None => self.load_session(hash).await?.ok_or(Error::UnknownToken { soft_logout: false })?,
        };
        let now = self.clock.now_ms();
        if session.expires_at.is_some_and(|end| end <= now) {
            return Err(Error::UnknownToken { soft_logout: true });
        }
        let noted = session.noted_at.load(Ordering::Relaxed);
        if now.saturating_sub(noted) >= NOTE_EVERY
            && session.noted_at.compare_exchange(noted, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            self.last_seen.note(&session, &seen, now);
        }
        Ok(session)
    }

    /// Whether a session is still what it was: what has waited for long asks this before it answers.
    pub async fn is_current(&self, session: &Session) -> Result<bool> {
        let current = match self.caches.session(&session.hash) {
            Some(current) => Some(current),
            None => self.load_session(session.hash).await?,
        };
        let now = self.clock.now_ms();
        Ok(current.is_some_and(|current| !current.locked && current.expires_at.is_none_or(|end| now < end)))
    }

    /// Reads a session and keeps it. The first use of a refreshed token revokes the ones before it (client-server
    /// §refreshing-access-tokens).
    async fn load_session(&self, hash: TokenHash) -> Result<Option<Arc<Session>>> {
        loop {
            let before = self.caches.before_reading();
            let found = self.store.read(move |conn| rows::get(conn, &hash, TokenKind::Access)).await?;
            let Some(token) = found else { return Ok(None) };
            let expired = token.expires_at.is_some_and(|end| end <= self.clock.now_ms());
            if token.has_older && !expired {
                let (user, device, generation) = (token.user.user_id, token.device_id, token.generation);
                self.store.write(move |tx| revoke_older(tx, &user, &device, generation)).await?;
                // That has emptied the cache, and perhaps the token is gone by now: look again.
                continue;
            }
            let session = Arc::new(session(token, hash)?);
            self.caches.keep_session(hash, session.clone(), before);
            return Ok(Some(session));
        }
    }
}

fn session(token: Token, hash: TokenHash) -> Result<Session> {
    let user_id = OwnedUserId::try_from(token.user.user_id)
        .map_err(|_| store::Error::Corrupt("a user id that is none".into()))?;
    Ok(Session {
        user_id,
        device_id: token.device_id.into(),
        admin: token.user.admin,
        guest: token.user.guest,
        suspended: token.user.suspended,
        locked: token.user.locked,
        expires_at: token.expires_at,
        hash,
        noted_at: AtomicI64::new(0),
    })
}

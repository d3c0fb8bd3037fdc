//! The handle that everybody holds.

use std::sync::Arc;

use peerbrain_core::{Clock, Config, Random, config::Registration};
use ruma::{OwnedServerName, ServerName, UserId};
use store::{
    Store,
    accounts::{UserRow, tokens, users},
};

use crate::{
    Caches, Error, RateLimits, Result, filter::CachedFilters, last_seen::LastSeenNotes, password::Passwords,
    registration::Nonces, storable::is_storable, uiaa::UiaSessions,
};

/// The accounts of this server. The work is in the files named after it; here is what they share.
pub struct Accounts {
    pub(crate) store: Store,
    pub(crate) caches: Arc<Caches>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) server_name: OwnedServerName,
    pub(crate) registration: Registration,
    /// Whether everybody finds all users of this server.
    pub(crate) all_users_found: bool,
    pub(crate) passwords: Passwords,
    pub(crate) limits: RateLimits,
    pub(crate) uia: UiaSessions,
    pub(crate) nonces: Nonces,
    pub(crate) last_seen: LastSeenNotes,
    pub(crate) filters: CachedFilters,
}

impl Accounts {
    /// Accounts in `store`. The same `caches` must be among the observers with which the store was opened, or a
    /// revoked token would stay good for as long as it is cached.
    pub fn new(
        store: Store,
        caches: Arc<Caches>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        config: &Config,
    ) -> Self {
        Self {
            passwords: Passwords::new(&config.passwords, &*random),
            limits: RateLimits::new(&config.rate_limits, clock.clone()),
            uia: UiaSessions::default(),
            nonces: Nonces::default(),
            last_seen: LastSeenNotes::default(),
            filters: CachedFilters::default(),
            server_name: config.server.name.clone(),
            registration: config.registration.clone(),
            all_users_found: config.user_directory.all_users,
            store,
            caches,
            clock,
            random,
        }
    }

    /// How often one may do what.
    pub fn limits(&self) -> &RateLimits {
        &self.limits
    }

    /// The name of this server.
    pub fn server_name(&self) -> &ServerName {
        &self.server_name
    }

    /// What is due now and then: writes when devices were last seen, forgets what has expired. To be called about once
    /// a minute, and once more before the store is closed.
    pub async fn housekeeping(&self) -> Result<()> {
        self.write_last_seen().await?;
        let now = self.clock.now_ms();
        self.uia.forget_old(now);
        self.nonces.forget_old(now);
        if self.store.read(move |conn| tokens::any_expired_login_token(conn, now)).await? {
            self.store.write(move |tx| tokens::delete_expired_login_tokens(tx, now)).await?;
        }
        self.forget_openid_tokens(now).await
    }

    /// Whether this is a user of this server whose account is open.
    pub async fn is_active(&self, user_id: &UserId) -> Result<bool> {
        Ok(self.user_row(user_id).await?.is_some_and(|user| !user.deactivated))
    }

    /// The row of a user of this server, deactivated or not.
    pub(crate) async fn user_row(&self, user_id: &UserId) -> Result<Option<UserRow>> {
        if user_id.server_name() != self.server_name || !is_storable(user_id.as_str()) {
            return Ok(None);
        }
        let user_id = user_id.to_string();
        Ok(self.store.read(move |conn| users::get(conn, &user_id)).await?)
    }

    /// The row of a user of this server whose account is open.
    pub(crate) async fn active_user(&self, user_id: &UserId) -> Result<UserRow> {
        let user = self.user_row(user_id).await?.filter(|user| !user.deactivated);
        user.ok_or(Error::not_found("there is no such user"))
    }
}

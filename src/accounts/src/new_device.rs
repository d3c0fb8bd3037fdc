//! What a login makes: a device, and the tokens that belong to it.

use std::net::IpAddr;

use peerbrain_core::{
    limits::{DEVICE_NAME_BYTES, ID_BYTES},
    random,
};
use ruma::{OwnedDeviceId, OwnedUserId};
use store::{
    Tx,
    accounts::{DeviceRow, TokenKind, devices, tokens as rows},
    e2ee::dehydrated_devices,
};

use crate::{
    Accounts, Error, NoDevice, Result,
    last_seen::shortened,
    storable::check_storable,
    tokens::{self, Purpose, Secret},
};

/// How long an access token is good whose client can refresh it, in milliseconds.
pub(crate) const ACCESS_TOKEN_LASTS: i64 = 60 * 60 * 1_000;
/// How long a refresh token waits for its use, in milliseconds.
pub(crate) const REFRESH_TOKEN_LASTS: i64 = 180 * 24 * 60 * 60 * 1_000;
/// The first pair of tokens that a device gets.
const FIRST_GENERATION: i64 = 1;

/// The device that logs in.
#[derive(Clone, Debug, Default)]
pub struct NewDevice {
    /// The id that the client wants; one that it has used before keeps its name and loses its old tokens.
    pub device_id: Option<String>,
    /// What a new device is called.
    pub display_name: Option<String>,
    /// Whether the client can refresh tokens; without it they do not expire.
    pub refresh: bool,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// Its `User-Agent`.
    pub user_agent: Option<String>,
}

/// A login that succeeded.
#[derive(Clone)]
pub struct Login {
    /// The user.
    pub user_id: OwnedUserId,
    /// The device.
    pub device_id: OwnedDeviceId,
    /// The access token.
    pub access_token: String,
    /// The refresh token, for a client that can use it.
    pub refresh_token: Option<String>,
    /// How long the access token is good, in milliseconds; none: until it is revoked.
    pub expires_in_ms: Option<u64>,
}

/// All that a login will write, made before its transaction.
#[derive(Clone)]
pub(crate) struct PreparedLogin {
    /// The device with its user, who is not yet known where a login token says it.
    pub device: DeviceRow,
    tokens: TokenPair,
}

/// An access token, and a refresh token with it where the client can use one.
#[derive(Clone)]
pub(crate) struct TokenPair {
    pub access: Secret,
    pub access_expires_at: Option<i64>,
    pub refresh: Option<(Secret, i64)>,
}

impl TokenPair {
    /// Adds the tokens to a device.
    pub fn write(&self, tx: &mut Tx<'_>, device: (&str, &str), generation: i64) -> store::Result<()> {
        rows::insert(tx, (&self.access.hash, TokenKind::Access), device, generation, self.access_expires_at)?;
        if let Some((secret, expires_at)) = &self.refresh {
            rows::insert(tx, (&secret.hash, TokenKind::Refresh), device, generation, Some(*expires_at))?;
        }
        Ok(())
    }
}

impl Accounts {
    /// Makes the rows of a login.
    pub(crate) fn prepare_login(&self, user_id: &str, device: NewDevice) -> Result<PreparedLogin> {
        let (now, refresh) = (self.clock.now_ms(), device.refresh);
        let device_id = match device.device_id.filter(|id| !id.is_empty()) {
            Some(id) if id.len() > ID_BYTES => return Err(Error::invalid_param("the device id is too long")),
            Some(id) => {
                check_storable(&id)?;
                id
            }
            None => random::device_id(&*self.random),
        };
        let device = DeviceRow {
            user_id: user_id.to_owned(),
            device_id,
            display_name: device.display_name.map(|name| checked_device_name(&name).map(str::to_owned)).transpose()?,
            created_at: now,
            last_seen_at: Some(now),
            last_seen_ip: device.ip.map(|ip| ip.to_string()),
            last_seen_agent: device.user_agent.as_deref().map(shortened),
        };
        Ok(PreparedLogin { device, tokens: self.token_pair(refresh, now) })
    }

    /// Makes a pair of tokens, or a single one that does not expire.
    pub(crate) fn token_pair(&self, refresh: bool, now: i64) -> TokenPair {
        let secret = |purpose| tokens::fresh(&*self.random, purpose);
        TokenPair {
            access: secret(Purpose::Access),
            access_expires_at: refresh.then_some(now + ACCESS_TOKEN_LASTS),
            refresh: refresh.then(|| (secret(Purpose::Refresh), now + REFRESH_TOKEN_LASTS)),
        }
    }
}

/// # Errors
/// [`Error::TooLarge`] for a name that is too long.
pub(crate) fn checked_device_name(name: &str) -> Result<&str> {
    if name.len() > DEVICE_NAME_BYTES {
        return Err(Error::too_large("the name of the device is too long"));
    }
    check_storable(name)?;
    Ok(name)
}

/// The answer to a login that was written.
pub(crate) fn finished(user_id: String, prepared: PreparedLogin) -> Result<Login> {
    let user_id = OwnedUserId::try_from(user_id).map_err(|_| store::Error::Corrupt("a user id that is none".into()))?;
    let PreparedLogin { device, tokens } = prepared;
    Ok(Login {
        user_id,
        device_id: device.device_id.into(),
        access_token: tokens.access.text,
        expires_in_ms: tokens.access_expires_at.and(u64::try_from(ACCESS_TOKEN_LASTS).ok()),
        refresh_token: tokens.refresh.map(|(secret, _)| secret.text),
    })
}

/// Adds the device, or revokes the tokens of the one that is there, and gives it its tokens; or says why not.
pub(crate) fn write_login(tx: &mut Tx<'_>, prepared: &PreparedLogin) -> store::Result<Result<(), NoDevice>> {
    let PreparedLogin { device, tokens } = prepared;
    let (user_id, device_id) = (device.user_id.as_str(), device.device_id.as_str());
    let known = devices::get(tx.conn(), user_id, device_id)?.is_some();
    if let Some(reason) = NoDevice::reason(tx.conn(), (user_id, device_id), !known)? {
        return Ok(Err(reason));
    }
    if dehydrated_devices::is_dehydrated(tx.conn(), user_id, device_id)? {
        // Nobody logs in as that one: whoever takes its id is another device, without its keys and messages.
        devices::delete(tx, user_id, std::slice::from_ref(&device.device_id))?;
        devices::insert(tx, device)?;
    } else if known {
        rows::revoke_all(tx, user_id, device_id)?;
    } else {
        devices::insert(tx, device)?;
    }
    tokens.write(tx, (user_id, device_id), FIRST_GENERATION)?;
    Ok(Ok(()))
}

//! Why a user gets no further device.

use peerbrain_core::limits::DEVICES_PER_USER;
use store::{Conn, accounts::devices, e2ee::cross_signing};

use crate::Error;

/// Why a user cannot have a device; the text is meant for the client. It is 403 `M_FORBIDDEN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDevice {
    /// The user has too many.
    #[error("this account has too many devices: log some of them out first")]
    TooMany,
    /// A cross-signing key of the user has its id.
    #[error("a cross-signing key of this account has the id of the device")]
    IsKey,
}

impl NoDevice {
    /// What keeps a user from having a device of this id, if anything does.
    ///
    /// * `one_more`: whether it is a device beyond those that the user has.
    pub fn reason(conn: &mut Conn, (user_id, device_id): (&str, &str), one_more: bool) -> store::Result<Option<Self>> {
        if cross_signing::is_key(conn, user_id, device_id)? {
            return Ok(Some(Self::IsKey));
        }
        let most = i64::try_from(DEVICES_PER_USER).unwrap_or(i64::MAX);
        Ok((one_more && devices::count(conn, user_id)? >= most).then_some(Self::TooMany))
    }
}

impl From<NoDevice> for Error {
    fn from(reason: NoDevice) -> Self {
        Self::Forbidden(reason.to_string().into())
    }
}

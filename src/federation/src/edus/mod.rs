//! What servers tell each other beside events (server-server §edus), one file for each kind.

mod device_list_update;
mod direct_to_device;
mod presence;
mod receipt;
mod signing_key_update;
#[cfg(test)]
mod tests;
mod typing;

use ruma::{ServerName, api::federation::transactions::edu::Edu, serde::Raw};
use serde::de::Error as _;

use crate::{Error, Federation, Result};

/// Takes in what a server tells. What is malformed, or not the server's to tell, is dropped.
///
/// # Errors
/// Only what is our own fault and may pass: then all of it can be told again.
pub(crate) async fn receive(federation: &Federation, origin: &ServerName, edus: Vec<Raw<Edu>>) -> Result<()> {
    for edu in edus {
        let outcome = match read(&edu) {
            Ok(Edu::Typing(content)) => typing::receive(federation, origin, content).await,
            Ok(Edu::Receipt(content)) => receipt::receive(federation, origin, content).await,
            Ok(Edu::Presence(content)) => presence::receive(federation, origin, content).await,
            Ok(Edu::DirectToDevice(content)) => direct_to_device::receive(federation, origin, content).await,
            Ok(Edu::DeviceListUpdate(content)) => device_list_update::receive(federation, origin, content).await,
            Ok(Edu::SigningKeyUpdate(content)) => signing_key_update::receive(federation, origin, content).await,
            Ok(_) => Ok(()),
            Err(error) => Err(Error::BadJson(error.to_string())),
        };
        match outcome {
            Err(error) if may_pass(&error) => return Err(error),
            Err(error) => tracing::info!(%origin, %error, "dropped an EDU"),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// What it says, under whatever name.
fn read(edu: &Raw<Edu>) -> serde_json::Result<Edu> {
    match edu.get_field::<String>("edu_type")? {
        Some(kind) if kind == signing_key_update::UNSTABLE => {
            let content = edu.get_field("content")?;
            Ok(Edu::SigningKeyUpdate(content.ok_or_else(|| serde_json::Error::missing_field("content"))?))
        }
        Some(kind) if kind == presence::KIND => presence::read(edu),
        _ => edu.deserialize(),
    }
}

/// Whether the same again may succeed.
pub(crate) fn may_pass(error: &Error) -> bool {
    match error {
        Error::Store(_) => true,
        Error::Rooms(error) => error.may_pass(),
        Error::E2ee(e2ee::Error::Store(_)) => true,
        _ => false,
    }
}

/// Lets pass what a server says of a user of its own.
///
/// # Errors
/// [`Error::Forbidden`].
fn require_own(origin: &ServerName, user_id: &ruma::UserId) -> Result<()> {
    if user_id.server_name() == origin {
        return Ok(());
    }
    Err(Error::Forbidden(format!("{user_id} is a user of another server")))
}

/// Lets pass what a server says of a room that is not closed to it (server ACLs hold for typing and receipts, too).
///
/// # Errors
/// [`Error::Forbidden`], and [`Error::Rooms`] for an unknown room.
async fn require_let_in(federation: &Federation, origin: &ServerName, room_id: &ruma::RoomId) -> Result<()> {
    if federation.inner.rooms.acl_allows(room_id, origin).await? {
        return Ok(());
    }
    Err(Error::Forbidden(format!("{room_id} is closed to the server")))
}

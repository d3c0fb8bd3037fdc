//! The device that a user may have that never logs in (MSC3814): room keys are sent to it while no other device of the
//! user is there, and the next one to log in reads them with its private keys, which are kept here encrypted.
//!
//! For everybody else it is a device like others. It goes like others, too: deleted, or replaced by the next one.

mod events;
mod put;
#[cfg(test)]
mod tests;

pub use events::DehydratedEvents;
pub use put::DehydratedUpload;

use ruma::UserId;
use store::{
    accounts::devices,
    e2ee::{DehydratedDeviceRow, dehydrated_devices},
};

use crate::{E2ee, Error, Result};

impl E2ee {
    /// The dehydrated device of a user.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn dehydrated_device(&self, user_id: &UserId) -> Result<DehydratedDeviceRow> {
        let user_id = user_id.to_string();
        let found = self.store().read(move |conn| dehydrated_devices::get(conn, &user_id)).await?;
        found.ok_or_else(no_dehydrated_device)
    }

    /// Deletes the dehydrated device of a user with its keys and messages; gives its id.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete_dehydrated_device(&self, user_id: &UserId) -> Result<String> {
        let user_id = user_id.to_string();
        let deleted = self.store().write(move |tx| {
            let Some(row) = dehydrated_devices::get(tx.conn(), &user_id)? else { return Ok(None) };
            devices::delete(tx, &user_id, std::slice::from_ref(&row.device_id))?;
            Ok(Some(row.device_id))
        });
        deleted.await?.ok_or_else(no_dehydrated_device)
    }
}

fn no_dehydrated_device() -> Error {
    Error::not_found("there is no dehydrated device")
}

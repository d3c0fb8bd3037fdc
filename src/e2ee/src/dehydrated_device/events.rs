//! `/dehydrated_device/{deviceId}/events`: the messages that wait for it. They stay until it is deleted, for whoever
//! reads them may fail before they are of use.

use ruma::{DeviceId, UserId};
use store::e2ee::{ToDeviceRow, dehydrated_devices};

use crate::{
    E2ee, Error, Result,
    to_device::{MESSAGES_PER_ANSWER, delivery},
};

/// One page of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DehydratedEvents {
    /// The messages, in order.
    pub events: Vec<ToDeviceRow>,
    /// From where the next page goes on; there is one for as long as there are messages.
    pub next_batch: String,
}

impl E2ee {
    /// The messages for the dehydrated device of a user, after a token.
    ///
    /// * `limit`: no more than so many.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the device is another one; [`Error::InvalidParam`] for a token that is none.
    pub async fn dehydrated_events(
        &self,
        user_id: &UserId,
        device_id: &DeviceId,
        from: Option<&str>,
        limit: Option<usize>,
    ) -> Result<DehydratedEvents> {
        let after = from.map(position).transpose()?.unwrap_or(0);
        let most = limit.unwrap_or(MESSAGES_PER_ANSWER).clamp(1, MESSAGES_PER_ANSWER);
        let (user_id, device_id) = (user_id.to_string(), device_id.to_string());
        let read = self.store().snapshot(move |conn, end| {
            if !dehydrated_devices::is_dehydrated(conn, &user_id, &device_id)? {
                return Ok(None);
            }
            delivery(conn, &user_id, &device_id, (after, end), most).map(|delivery| Some(delivery.messages))
        });
        let events = read.await?.ok_or(Error::Forbidden("this is not your dehydrated device".into()))?;
        let last = events.last().map_or(after, |event| event.position);
        Ok(DehydratedEvents { events, next_batch: format!("d{last}") })
    }
}

fn position(token: &str) -> Result<i64> {
    let position = token.strip_prefix('d').and_then(|position| position.parse().ok());
    position.ok_or_else(|| Error::invalid_param("this is not a token that a request for these events has given"))
}

//! What waits for a device, and what has arrived there.

use ruma::{DeviceId, UserId};
use store::{
    Conn,
    e2ee::{ToDeviceRow, to_device as rows},
};

use super::bounds::MESSAGES_PER_ANSWER;
use crate::{E2ee, Result};

/// Messages for one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The messages, in order.
    pub messages: Vec<ToDeviceRow>,
    /// Every message up to this position is among them, or came before.
    pub upto: i64,
}

impl E2ee {
    /// The next messages for a device: those that came after a position, as a snapshot of another position shows them.
    /// They stay until [`Self::acknowledge_messages`] is told that they have arrived.
    ///
    /// # Errors
    /// What the database says.
    pub fn waiting_messages(
        &self,
        conn: &mut Conn,
        (user_id, device_id): (&UserId, &DeviceId),
        after: i64,
        end: i64,
    ) -> store::Result<Delivery> {
        let (user_id, device_id) = (user_id.as_str(), device_id.as_str());
        let delivery = delivery(conn, user_id, device_id, (after, end), MESSAGES_PER_ANSWER)?;
        if let (Some(first), Some(last)) = (delivery.messages.first(), delivery.messages.last()) {
            self.inner.inboxes.handed_out(user_id, device_id, (first.position, last.position));
        }
        Ok(delivery)
    }

    /// Deletes the messages of a device up to a position: they have arrived. Where there is nothing to delete, which is
    /// remembered, the database is not asked.
    ///
    /// # Errors
    /// What the database says.
    pub async fn acknowledge_messages(&self, user_id: &UserId, device_id: &DeviceId, upto: i64) -> Result<()> {
        let inbox = self.inner.inboxes.of(user_id.as_str(), device_id.as_str());
        if !inbox.is_known() {
            let (user_id, device_id) = (user_id.to_string(), device_id.to_string());
            inbox.known(self.store().read(move |conn| rows::span(conn, &user_id, &device_id)).await?);
        }
        if inbox.has_up_to(upto) {
            let (user_id, device_id) = (user_id.to_string(), device_id.to_string());
            self.store().write(move |tx| rows::acknowledge(tx, &user_id, &device_id, upto)).await?;
            inbox.gone_up_to(upto);
        }
        Ok(())
    }
}

/// Messages of a device after a position and up to another: no more than `most`.
pub(crate) fn delivery(
    conn: &mut Conn,
    user_id: &str,
    device_id: &str,
    (after, end): (i64, i64),
    most: usize,
) -> store::Result<Delivery> {
    // One more tells whether these are all.
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let mut messages = rows::waiting(conn, user_id, device_id, (after, end), limit)?;
    let mut upto = end;
    if messages.len() > most {
        messages.truncate(most);
        upto = messages.last().map_or(after, |last| last.position);
    }
    Ok(Delivery { messages, upto })
}

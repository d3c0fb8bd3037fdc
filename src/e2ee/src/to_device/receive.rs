//! Messages that another server brings for devices of ours: `m.direct_to_device`.

use std::sync::Arc;

use ruma::OwnedUserId;
use store::federation::received_messages::{self as received, Kept};

use super::{
    Messages,
    addressed::{Addressed, log_dropped},
    bounds::{RECEIVED_KEPT, RECEIVED_KEPT_MS},
    send::{check, too_much},
};
use crate::{E2ee, Error, Result, ids::is_storable};

/// What another server brings. That it may speak for the sender must be known.
#[derive(Clone, Debug)]
pub struct Received {
    /// A user of that server.
    pub sender: OwnedUserId,
    /// The event type.
    pub event_type: String,
    /// By which the server knows it, and we if it comes again.
    pub message_id: String,
    /// Contents by user and device, where `*` stands for all devices of the user.
    pub messages: Messages,
}

impl E2ee {
    /// Delivers what another server brings, once: all of it, or nothing. Who or what is not there is passed over, and so
    /// are users of other servers.
    ///
    /// # Errors
    /// For contents that are no objects, names that are none, and where it is too much.
    pub async fn receive_to_devices(&self, received: Received) -> Result<()> {
        let Received { sender, event_type, message_id, messages } = received;
        if message_id.is_empty() || !is_storable(&message_id) || !is_storable(sender.as_str()) {
            return Err(Error::invalid_param("the sender or the id of a message is empty or too long"));
        }
        check(&event_type, &messages)?;
        let mut here = Addressed::default();
        for (user_id, devices) in messages.into_iter().filter(|(user_id, _)| self.rooms().is_local(user_id)) {
            here.add(&user_id, devices);
        }
        let now = self.inner.clock.now_ms();
        let kept = Kept { of_origin: RECEIVED_KEPT, since: now.saturating_sub(RECEIVED_KEPT_MS) };
        let here = Arc::new(here);
        let write = self.store().write(move |tx| {
            let Some(inboxes) = here.inboxes(tx)? else { return Ok(None) };
            if !received::note(tx, sender.server_name().as_str(), &message_id, now, kept)? {
                return Ok(Some(Vec::new()));
            }
            here.deliver(tx, inboxes, sender.as_str(), &event_type).map(Some)
        });
        log_dropped(&write.await?.ok_or_else(too_much)?);
        Ok(())
    }
}

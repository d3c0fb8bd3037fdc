//! `PUT /sendToDevice/{eventType}/{txnId}`.

use std::{collections::BTreeMap, sync::Arc};

use peerbrain_core::limits::TRANSACTION_ID_BYTES;
use ruma::{DeviceId, OwnedUserId, UserId};
use serde_json::value::RawValue;
use store::{Tx, accounts::devices, e2ee::to_device as rows, federation::outbox};

use super::{
    addressed::{Addressed, Dropped, log_dropped},
    bounds::{CONTENT_BYTES, DEVICES_PER_REQUEST, REMEMBERED_REQUESTS},
    elsewhere::{Elsewhere, Letter},
};
use crate::{E2ee, Error, Result, ids::is_storable};

/// What is sent: contents by user and device, where `*` stands for all devices of the user.
pub type Messages = BTreeMap<OwnedUserId, BTreeMap<String, Box<RawValue>>>;

/// Who sends, and which request it is: one that is repeated under the same transaction id and type sends nothing.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The user.
    pub user_id: &'a UserId,
    /// The device.
    pub device_id: &'a DeviceId,
    /// The transaction id.
    pub txn_id: &'a str,
}

/// A request that may be carried out.
struct Request {
    sender: String,
    device_id: String,
    txn_id: String,
    event_type: String,
    here: Addressed,
    /// What goes to other servers.
    letters: Vec<Letter>,
}

enum Outcome {
    /// It is done, and this had to go for it.
    Sent(Vec<Dropped>),
    TooMuch,
    NoDevice,
}

impl E2ee {
    /// Sends messages of one type to devices: all of them, or none. Who or what is not there is passed over, and so are
    /// users of servers with which this one has nothing to do. What is for other servers is in their outboxes when this
    /// returns, and is sent as soon as they can be reached.
    ///
    /// # Errors
    /// For contents that are no objects, and where it is too much. Nothing is sent then.
    pub async fn send_to_devices(&self, sender: Sender<'_>, event_type: &str, messages: Messages) -> Result<()> {
        if sender.txn_id.is_empty() || sender.txn_id.len() > TRANSACTION_ID_BYTES {
            return Err(Error::invalid_param("the transaction id is empty or too long"));
        }
        check(event_type, &messages)?;
        let (mut here, mut elsewhere) = (Addressed::default(), Elsewhere::default());
        for (user_id, devices) in messages {
            if self.rooms().is_local(&user_id) {
                here.add(&user_id, devices);
            } else if self.inner.settings.allows(user_id.server_name()) {
                elsewhere.add(user_id, devices)?;
            }
        }
        let request = Arc::new(Request {
            sender: sender.user_id.to_string(),
            device_id: sender.device_id.to_string(),
            txn_id: sender.txn_id.to_owned(),
            event_type: event_type.to_owned(),
            here,
            letters: elsewhere.letters(sender, event_type)?,
        });
        match self.store().write(move |tx| request.write(tx)).await? {
            Outcome::Sent(dropped) => {
                log_dropped(&dropped);
                Ok(())
            }
            Outcome::TooMuch => Err(too_much()),
            Outcome::NoDevice => Err(Error::DeviceGone),
        }
    }
}

impl Request {
    fn write(&self, tx: &mut Tx<'_>) -> store::Result<Outcome> {
        if devices::get(tx.conn(), &self.sender, &self.device_id)?.is_none() {
            return Ok(Outcome::NoDevice);
        }
        let Some(inboxes) = self.here.inboxes(tx)? else { return Ok(Outcome::TooMuch) };
        let device = (self.sender.as_str(), self.device_id.as_str());
        if !rows::begin(tx, device, (&self.event_type, &self.txn_id), REMEMBERED_REQUESTS)? {
            return Ok(Outcome::Sent(Vec::new()));
        }
        for Letter { server, edu } in &self.letters {
            outbox::push(tx, server.as_str(), edu)?;
        }
        Ok(Outcome::Sent(self.here.deliver(tx, inboxes, &self.sender, &self.event_type)?))
    }
}

/// Checks what holds for messages of clients and of other servers.
pub(super) fn check(event_type: &str, messages: &Messages) -> Result<()> {
    if event_type.is_empty() || !is_storable(event_type) {
        return Err(Error::invalid_param("the event type is empty or too long"));
    }
    if messages.values().map(BTreeMap::len).sum::<usize>() > DEVICES_PER_REQUEST {
        return Err(too_much());
    }
    messages.values().flat_map(BTreeMap::values).try_for_each(|content| check_content(content))
}

fn check_content(content: &RawValue) -> Result<()> {
    match content.get() {
        text if text.len() > CONTENT_BYTES => Err(too_large()),
        text if text.starts_with('{') => Ok(()),
        _ => Err(Error::bad_json("the content of a message must be an object")),
    }
}

pub(super) fn too_large() -> Error {
    Error::too_large("a message is too large")
}

pub(super) fn too_much() -> Error {
    Error::too_large("these are too many messages for one request")
}

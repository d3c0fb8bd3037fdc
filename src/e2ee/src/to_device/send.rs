//! `PUT /sendToDevice/{eventType}/{txnId}`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use peerbrain_core::limits::TRANSACTION_ID_BYTES;
use ruma::{DeviceId, OwnedUserId, UserId};
use serde_json::value::RawValue;
use store::{
    LogKind, Tx,
    accounts::devices,
    e2ee::{
        ToDeviceRow,
        to_device::{self as rows, Inbox},
    },
};

use super::bounds::{
    CHECK_EVERY, CONTENT_BYTES, DEVICES_PER_REQUEST, DROPPED_AT_ONCE, REMEMBERED_REQUESTS, REQUEST_BYTES,
    WAITING_BYTES, WAITING_MESSAGES,
};
use crate::{E2ee, Error, Result, ids::is_storable};

/// What is sent: contents by user and device, where `*` stands for all devices of the user.
pub type Messages = BTreeMap<OwnedUserId, BTreeMap<String, Box<RawValue>>>;

/// All devices of a user.
const ALL: &str = "*";

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
    /// By user and device.
    named: HashMap<(String, String), String>,
    /// By user.
    to_all: HashMap<String, String>,
}

enum Outcome {
    /// It is done. Messages that were dropped: user, device, how many.
    Sent(Vec<(String, String, usize)>),
    TooMuch,
    NoDevice,
}

impl E2ee {
    /// Sends messages of one type to devices: all of them, or none. Who or what is not there is passed over, and so are
    /// users of other servers, for there is no federation yet.
    ///
    /// # Errors
    /// For contents that are no objects, and where it is too much. Nothing is sent then.
    pub async fn send_to_devices(&self, sender: Sender<'_>, event_type: &str, messages: Messages) -> Result<()> {
        let request = Arc::new(self.check(sender, event_type, messages)?);
        match self.store().write(move |tx| request.write(tx)).await? {
            Outcome::Sent(dropped) => {
                for (user_id, device_id, count) in dropped {
                    tracing::warn!(user_id, device_id, count, "too many messages wait for a device: the oldest went");
                }
                Ok(())
            }
            Outcome::TooMuch => Err(too_much()),
            Outcome::NoDevice => Err(Error::DeviceGone),
        }
    }

    fn check(&self, sender: Sender<'_>, event_type: &str, messages: Messages) -> Result<Request> {
        if event_type.is_empty() || !is_storable(event_type) {
            return Err(Error::invalid_param("the event type is empty or too long"));
        }
        if sender.txn_id.is_empty() || sender.txn_id.len() > TRANSACTION_ID_BYTES {
            return Err(Error::invalid_param("the transaction id is empty or too long"));
        }
        if messages.values().map(BTreeMap::len).sum::<usize>() > DEVICES_PER_REQUEST {
            return Err(too_much());
        }
        let (mut named, mut to_all) = (HashMap::new(), HashMap::new());
        for (user_id, mut devices) in messages {
            devices.values().try_for_each(|content| check_content(content))?;
            if !self.rooms().is_local(&user_id) || !is_storable(user_id.as_str()) {
                continue;
            }
            // A device gets one message of a request.
            if let Some(content) = devices.remove(ALL) {
                to_all.insert(user_id.to_string(), Box::<str>::from(content).into());
                continue;
            }
            for (device_id, content) in devices.into_iter().filter(|(device_id, _)| is_storable(device_id)) {
                named.insert((user_id.to_string(), device_id), Box::<str>::from(content).into());
            }
        }
        Ok(Request {
            sender: sender.user_id.to_string(),
            device_id: sender.device_id.to_string(),
            txn_id: sender.txn_id.to_owned(),
            event_type: event_type.to_owned(),
            named,
            to_all,
        })
    }
}

impl Request {
    fn write(&self, tx: &mut Tx<'_>) -> store::Result<Outcome> {
        if devices::get(tx.conn(), &self.sender, &self.device_id)?.is_none() {
            return Ok(Outcome::NoDevice);
        }
        let inboxes = self.inboxes(tx)?;
        let bytes: usize = inboxes.iter().map(|inbox| self.content(inbox).map_or(0, str::len)).sum();
        if inboxes.len() > DEVICES_PER_REQUEST || bytes > REQUEST_BYTES {
            return Ok(Outcome::TooMuch);
        }
        let device = (self.sender.as_str(), self.device_id.as_str());
        if !rows::begin(tx, device, (&self.event_type, &self.txn_id), REMEMBERED_REQUESTS)? {
            return Ok(Outcome::Sent(Vec::new()));
        }
        let messages = self.messages(tx, inboxes);
        rows::insert(tx, &messages)?;
        let mut dropped = Vec::new();
        for message in messages.iter().filter(|message| message.number % CHECK_EVERY == 0) {
            let count = drop_excess(tx, &message.user_id, &message.device_id)?;
            if count > 0 {
                dropped.push((message.user_id.clone(), message.device_id.clone(), count));
            }
        }
        Ok(Outcome::Sent(dropped))
    }

    /// The devices that there are of those that are meant, by user.
    fn inboxes(&self, tx: &mut Tx<'_>) -> store::Result<Vec<Inbox>> {
        let mut inboxes = Vec::new();
        if !self.named.is_empty() {
            let named: Vec<(&str, &str)> = self.named.keys().map(|(user, device)| (&**user, &**device)).collect();
            inboxes = rows::named(tx.conn(), &named)?;
        }
        if !self.to_all.is_empty() {
            let users: Vec<&str> = self.to_all.keys().map(String::as_str).collect();
            let most = i64::try_from(DEVICES_PER_REQUEST).unwrap_or(i64::MAX);
            inboxes.extend(rows::all(tx.conn(), &users, most.saturating_add(1))?);
        }
        inboxes.sort_unstable_by(|a, b| (&a.user_id, &a.device_id).cmp(&(&b.user_id, &b.device_id)));
        Ok(inboxes)
    }

    fn content(&self, inbox: &Inbox) -> Option<&str> {
        let to_all = self.to_all.get(&inbox.user_id);
        to_all.or_else(|| self.named.get(&(inbox.user_id.clone(), inbox.device_id.clone()))).map(String::as_str)
    }

    /// The rows for these devices, under one position for each user, who is woken by it.
    fn messages(&self, tx: &mut Tx<'_>, inboxes: Vec<Inbox>) -> Vec<ToDeviceRow> {
        let mut messages: Vec<ToDeviceRow> = Vec::with_capacity(inboxes.len());
        for inbox in inboxes {
            let Some(content) = self.content(&inbox).map(str::to_owned) else { continue };
            let position = match messages.last() {
                Some(last) if last.user_id == inbox.user_id => last.position,
                _ => tx.log(LogKind::ToDevice, None, Some(&inbox.user_id), None),
            };
            messages.push(ToDeviceRow {
                position,
                content,
                number: inbox.newest + 1,
                sender: self.sender.clone(),
                event_type: self.event_type.clone(),
                user_id: inbox.user_id,
                device_id: inbox.device_id,
            });
        }
        messages
    }
}

/// Where too much waits for a device, the oldest messages of whoever sent most of it go. Gives how many.
fn drop_excess(tx: &mut Tx<'_>, user_id: &str, device_id: &str) -> store::Result<usize> {
    let mut dropped = 0;
    loop {
        let shares = rows::shares(tx.conn(), user_id, device_id)?;
        let messages: i64 = shares.iter().map(|share| share.messages).sum();
        let bytes: i64 = shares.iter().map(|share| share.bytes).sum();
        if messages <= WAITING_MESSAGES && bytes <= WAITING_BYTES {
            return Ok(dropped);
        }
        let weight = WAITING_BYTES / WAITING_MESSAGES;
        let most = shares.iter().max_by_key(|share| share.messages * weight + share.bytes);
        let Some(most) = most else { return Ok(dropped) };
        dropped += rows::drop_oldest(tx, user_id, device_id, &most.sender, DROPPED_AT_ONCE)?;
    }
}

fn check_content(content: &RawValue) -> Result<()> {
    match content.get() {
        text if text.len() > CONTENT_BYTES => Err(Error::too_large("a message is too large")),
        text if text.starts_with('{') => Ok(()),
        _ => Err(Error::bad_json("the content of a message must be an object")),
    }
}

fn too_much() -> Error {
    Error::too_large("these are too many messages for one request")
}

//! What is for devices of this server.

use std::collections::{BTreeMap, HashMap};

use ruma::UserId;
use serde_json::value::RawValue;
use store::{
    LogKind, Tx,
    e2ee::{
        ToDeviceRow,
        to_device::{self as rows, Inbox},
    },
};

use super::{
    bounds::{CHECK_EVERY, DEVICES_PER_REQUEST, REQUEST_BYTES},
    excess::drop_excess,
};
use crate::ids::is_storable;

/// All devices of a user.
pub(super) const ALL: &str = "*";

/// Contents, by whom they are for. A device gets one of them.
#[derive(Debug, Default)]
pub(super) struct Addressed {
    /// By user and device.
    named: HashMap<(String, String), String>,
    /// By user.
    to_all: HashMap<String, String>,
}

/// Messages of a device that went because too many wait for it.
#[derive(Debug)]
pub(super) struct Dropped {
    user_id: String,
    device_id: String,
    count: usize,
}

impl Addressed {
    /// Adds what is for a user of ours. Names that nobody can have are passed over.
    pub fn add(&mut self, user_id: &UserId, mut devices: BTreeMap<String, Box<RawValue>>) {
        if !is_storable(user_id.as_str()) {
            return;
        }
        if let Some(content) = devices.remove(ALL) {
            self.to_all.insert(user_id.to_string(), Box::<str>::from(content).into());
            return;
        }
        for (device_id, content) in devices.into_iter().filter(|(device_id, _)| is_storable(device_id)) {
            self.named.insert((user_id.to_string(), device_id), Box::<str>::from(content).into());
        }
    }

    /// The devices that there are of those that are meant, by user; none where it is too much for one request.
    pub fn inboxes(&self, tx: &mut Tx<'_>) -> store::Result<Option<Vec<Inbox>>> {
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
        let bytes: usize = inboxes.iter().map(|inbox| self.content(inbox).map_or(0, str::len)).sum();
        Ok((inboxes.len() <= DEVICES_PER_REQUEST && bytes <= REQUEST_BYTES).then_some(inboxes))
    }

    /// Puts the messages into these inboxes. Gives what had to go for them.
    pub fn deliver(
        &self,
        tx: &mut Tx<'_>,
        inboxes: Vec<Inbox>,
        sender: &str,
        event_type: &str,
    ) -> store::Result<Vec<Dropped>> {
        let messages = self.messages(tx, inboxes, sender, event_type);
        rows::insert(tx, &messages)?;
        let mut dropped = Vec::new();
        for message in messages.iter().filter(|message| message.number % CHECK_EVERY == 0) {
            let count = drop_excess(tx, &message.user_id, &message.device_id)?;
            if count > 0 {
                let (user_id, device_id) = (message.user_id.clone(), message.device_id.clone());
                dropped.push(Dropped { user_id, device_id, count });
            }
        }
        Ok(dropped)
    }

    fn content(&self, inbox: &Inbox) -> Option<&str> {
        let to_all = self.to_all.get(&inbox.user_id);
        to_all.or_else(|| self.named.get(&(inbox.user_id.clone(), inbox.device_id.clone()))).map(String::as_str)
    }

    /// The rows for these devices, under one position for each user, who is woken by it.
    fn messages(&self, tx: &mut Tx<'_>, inboxes: Vec<Inbox>, sender: &str, event_type: &str) -> Vec<ToDeviceRow> {
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
                sender: sender.to_owned(),
                event_type: event_type.to_owned(),
                user_id: inbox.user_id,
                device_id: inbox.device_id,
            });
        }
        messages
    }
}

/// Tells the operator.
pub(super) fn log_dropped(dropped: &[Dropped]) {
    for Dropped { user_id, device_id, count } in dropped {
        tracing::warn!(user_id, device_id, count, "too many messages wait for a device: the oldest went");
    }
}

//! What is for devices of other servers: `m.direct_to_device` (server-server §send-to-device-messaging).

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ruma::{OwnedServerName, OwnedUserId};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    Messages, Sender,
    addressed::ALL,
    bounds::{EDU_BYTES, MESSAGE_ID_BYTES, REQUEST_BYTES, SERVERS_PER_REQUEST},
    numbers::portable,
    send::{too_large, too_much},
};
use crate::{Error, Result};

/// Contents that go to other servers.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    by_server: BTreeMap<OwnedServerName, Messages>,
    bytes: usize,
}

/// One EDU, as JSON.
#[derive(Debug)]
pub(super) struct Letter {
    /// To whom it goes.
    pub server: OwnedServerName,
    /// With `edu_type` and `content`.
    pub edu: String,
}

#[derive(Serialize)]
struct Edu<'a> {
    edu_type: &'static str,
    content: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    sender: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    message_id: String,
    messages: &'a Messages,
}

impl Elsewhere {
    /// Adds what is for a user of another server. A content that cannot be sent between servers is left out.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for too many servers or bytes.
    pub fn add(&mut self, user_id: OwnedUserId, mut devices: BTreeMap<String, Box<RawValue>>) -> Result<()> {
        if let Some(content) = devices.remove(ALL) {
            devices = BTreeMap::from([(ALL.to_owned(), content)]);
        }
        let server = user_id.server_name().to_owned();
        for (device_id, content) in devices {
            let Some(content) = portable(&content) else {
                tracing::warn!(%user_id, "a message to a device is nested too deep for other servers, or holds no JSON of theirs");
                continue;
            };
            self.bytes += content.get().len();
            let users = self.by_server.entry(server.clone()).or_default();
            users.entry(user_id.clone()).or_default().insert(device_id, content);
        }
        let is_too_much = self.by_server.len() > SERVERS_PER_REQUEST || self.bytes > REQUEST_BYTES;
        if is_too_much { Err(too_much()) } else { Ok(()) }
    }

    /// The EDUs, for each server as few as there may be.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for a message that fits into none.
    pub fn letters(self, sender: Sender<'_>, event_type: &str) -> Result<Vec<Letter>> {
        let mut letters = Vec::new();
        let room = EDU_BYTES.saturating_sub(edu(sender, event_type, &Messages::new())?.len());
        for (server, messages) in self.by_server {
            for part in parts(messages, room)? {
                letters.push(Letter { server: server.clone(), edu: edu(sender, event_type, &part)? });
            }
        }
        Ok(letters)
    }
}

/// Takes messages apart so that each part has no more than so many bytes.
fn parts(messages: Messages, room: usize) -> Result<Vec<Messages>> {
    let (mut parts, mut part, mut bytes) = (Vec::new(), Messages::new(), 0);
    for (user_id, devices) in messages {
        for (device_id, content) in devices {
            // With its punctuation, and that of its user.
            let size = content.get().len() + text(&device_id)?.len() + text(&user_id)?.len() + 6;
            if size > room {
                return Err(too_large());
            }
            if bytes + size > room {
                parts.push(std::mem::take(&mut part));
                bytes = 0;
            }
            bytes += size;
            part.entry(user_id.clone()).or_default().insert(device_id, content);
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    Ok(parts)
}

fn edu(sender: Sender<'_>, event_type: &str, messages: &Messages) -> Result<String> {
    let content = Content {
        sender: sender.user_id.as_str(),
        event_type,
        message_id: message_id(sender, event_type, messages)?,
        messages,
    };
    text(&Edu { edu_type: "m.direct_to_device", content })
}

/// An id of 32 characters that follows from the request and what is in it, and so is never that of another message.
fn message_id(
    Sender { user_id, device_id, txn_id }: Sender<'_>,
    event_type: &str,
    messages: &Messages,
) -> Result<String> {
    let whole = text(&(user_id, device_id, txn_id, event_type, messages))?;
    let hash = digest(&SHA256, whole.as_bytes());
    Ok(URL_SAFE_NO_PAD.encode(hash.as_ref().get(..MESSAGE_ID_BYTES).unwrap_or_default()))
}

fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))
}

//! Requests to compare emoji, as they come in.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use matrix_sdk::event_handler::EventHandlerDropGuard;
use matrix_sdk::ruma::events::key::verification::request::ToDeviceKeyVerificationRequestEvent;
use matrix_sdk::ruma::events::room::message::{MessageType, OriginalSyncRoomMessageEvent};
use matrix_sdk::ruma::{OwnedDeviceId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::error::Result;

/// How many requests are remembered; anybody can send any number.
const MAX_REQUESTS: usize = 32;
/// Where `watch` keeps them for the `verify` that comes after it. They mean something only within the same process.
const FILE: &str = "asking.json";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// Who.
    pub user_id: OwnedUserId,
    /// From which device.
    pub device_id: OwnedDeviceId,
    /// By which the request is known.
    pub flow_id: String,
}

/// Hears requests until it is dropped.
pub struct Incoming {
    heard: Arc<Mutex<VecDeque<Asking>>>,
    _between_devices: EventHandlerDropGuard,
    _in_rooms: EventHandlerDropGuard,
}

impl Incoming {
    /// Hears what others ask this account from now on.
    #[must_use]
    pub fn listen(account: &Account) -> Self {
        let client = account.client();
        let (own, device) = (account.user_id().to_owned(), client.device_id().map(ToOwned::to_owned));
        let heard = Arc::<Mutex<VecDeque<Asking>>>::default();
        let hearing = heard.clone();
        let between_devices = client.add_event_handler(move |event: ToDeviceKeyVerificationRequestEvent| {
            let (device_id, flow_id) = (event.content.from_device, event.content.transaction_id.to_string());
            remember(&hearing, Asking { user_id: event.sender, device_id, flow_id });
            std::future::ready(())
        });
        let hearing = heard.clone();
        let in_rooms = client.add_event_handler(move |event: OriginalSyncRoomMessageEvent| {
            if let MessageType::VerificationRequest(content) = event.content.msgtype
                && content.to == own
                && device.as_ref() != Some(&content.from_device)
            {
                let (device_id, flow_id) = (content.from_device, event.event_id.to_string());
                remember(&hearing, Asking { user_id: event.sender, device_id, flow_id });
            }
            std::future::ready(())
        });
        Self {
            heard,
            _between_devices: client.event_handler_drop_guard(between_devices),
            _in_rooms: client.event_handler_drop_guard(in_rooms),
        }
    }

    /// Keeps what was heard, so that a command that comes later finds it.
    ///
    /// # Errors
    /// The account's files cannot be written.
    pub fn keep(account: &Account, asking: &[Asking]) -> Result<()> {
        let mut kept: VecDeque<Asking> = account.folder().read_json(FILE)?;
        kept.extend(asking.iter().cloned());
        kept.drain(..kept.len().saturating_sub(MAX_REQUESTS));
        account.folder().write_json(FILE, &kept)
    }

    /// What was kept, the oldest first.
    ///
    /// # Errors
    /// The account's files cannot be read.
    pub fn kept(account: &Account) -> Result<Vec<Asking>> {
        account.folder().read_json(FILE)
    }

    /// What was heard since the last time, the oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Asking> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

fn remember(heard: &Mutex<VecDeque<Asking>>, asking: Asking) {
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    if heard.len() >= MAX_REQUESTS {
        heard.pop_front();
    }
    heard.push_back(asking);
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::{owned_device_id, owned_user_id};

    use super::*;

    #[test]
    fn however_many_ask_only_the_last_are_remembered() {
        let heard = Mutex::default();
        for number in 0..100 {
            let (user_id, device_id) = (owned_user_id!("@m:a.example"), owned_device_id!("D"));
            remember(&heard, Asking { user_id, device_id, flow_id: number.to_string() });
        }
        let heard = heard.into_inner().unwrap();
        assert_eq!(heard.len(), MAX_REQUESTS);
        assert_eq!(heard.back().map(|asking| asking.flow_id.as_str()), Some("99"));
    }
}

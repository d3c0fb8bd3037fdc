//! Waiting, sharing and repeating.

mod repeated;
mod running;
mod waiting;

pub(crate) use repeated::Repeated;
pub(crate) use running::Running;
pub(crate) use waiting::Waiting;

use ruma::{OwnedDeviceId, OwnedUserId};

use crate::{StateForm, token::SyncToken};

/// What makes two requests the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub user: OwnedUserId,
    pub device: OwnedDeviceId,
    pub since: Option<SyncToken>,
    pub filter: Option<String>,
    pub full_state: bool,
    pub form: StateForm,
}

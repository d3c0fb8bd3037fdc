//! What was begun with other people, so that it is finished after a crash, and so that only those invites are followed that
//! were asked for.

use std::collections::BTreeSet;

use matrix_sdk::ruma::{OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::error::Result;

const FILE: &str = "journal.json";

/// What was begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// Whom we asked.
    #[serde(default)]
    pub asked: BTreeSet<OwnedUserId>,
    /// Whom we accepted.
    #[serde(default)]
    pub accepted: BTreeSet<OwnedUserId>,
    /// Whom we are letting in where: noted before the keys go, taken out once the invite has gone.
    #[serde(default)]
    pub let_in: Vec<(OwnedRoomId, OwnedUserId)>,
}

impl Journal {
    /// What was begun and is not finished.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(account: &Account) -> Result<Self> {
        account.folder().read_json(FILE)
    }

    /// Writes down what has changed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn change(account: &Account, change: impl FnOnce(&mut Self)) -> Result<()> {
        let before = Self::read(account)?;
        let mut after = before.clone();
        change(&mut after);
        if after == before { Ok(()) } else { account.folder().write_json(FILE, &after) }
    }
}

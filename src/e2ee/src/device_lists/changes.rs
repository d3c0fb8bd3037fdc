//! What happened to the device lists that a user follows, between two positions.

use std::collections::BTreeSet;

use rooms::read::Token;
use ruma::UserId;
use store::{
    Conn,
    e2ee::{cross_signing, device_list_changes},
};

use super::{DeviceLists, shared::Sharing};
use crate::{E2ee, Error, Result};

impl E2ee {
    /// What happened after `since` and up to `upto`, the position of the snapshot in which `conn` reads.
    ///
    /// # Errors
    /// What the database says.
    pub fn device_lists(&self, conn: &mut Conn, user_id: &UserId, since: i64, upto: i64) -> Result<DeviceLists> {
        let user_id = user_id.as_str();
        let sharing = Sharing::read(conn, self.rooms(), user_id, since, upto)?;
        let mut lists = DeviceLists::default();
        for (user, before, now) in sharing.moved(conn)? {
            match (before, now) {
                (false, true) => lists.changed.insert(user),
                (true, false) => lists.left.insert(user),
                _ => continue,
            };
        }
        let mut updated: Vec<String> = device_list_changes::since(conn, since)?;
        let own = updated.iter().position(|user| user == user_id);
        if let Some(own) = own {
            lists.changed.insert(updated.swap_remove(own));
        }
        lists.changed.extend(sharing.shared_now(conn, &updated)?);
        // Who signs another's master key sees that key differently, on all devices.
        lists.changed.extend(cross_signing::signed_since(conn, user_id, since)?);
        lists.changed.retain(|user| !lists.left.contains(user));
        Ok(lists)
    }

    /// What happened between two tokens of `/sync` (`GET /keys/changes`). It may tell more than that: what has happened
    /// since `to`.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for tokens that are none.
    pub async fn device_list_changes(&self, user_id: &UserId, from: &str, to: &str) -> Result<DeviceLists> {
        let (from, to) = (position(from)?, position(to)?);
        let (this, user_id) = (self.clone(), user_id.to_owned());
        let read = move |conn: &mut Conn, upto| {
            if from > upto || to > upto {
                return Ok(Err(unknown_token()));
            }
            match this.device_lists(conn, &user_id, from, upto) {
                // The pool must know of a connection that is gone.
                Err(Error::Store(error)) => Err(error),
                outcome => Ok(outcome),
            }
        };
        self.store().snapshot(read).await?
    }
}

fn position(token: &str) -> Result<i64> {
    match token.parse() {
        Ok(Token::Arrival(position)) => Ok(position),
        _ => Err(unknown_token()),
    }
}

fn unknown_token() -> Error {
    Error::invalid_param("this is not a token that a sync of this server has given")
}

/// Users by name, each once.
pub(super) type Users = BTreeSet<String>;

//! `m.signing_key_update`: a user has other cross-signing keys (server-server § End-to-End Encryption).

use ruma::OwnedUserId;
use serde_json::value::RawValue;
use store::{
    Tx,
    e2ee::{CrossSigningKeyRow, Usage, cross_signing, device_list_changes, remote_device_lists},
};

use super::{check::check_signing_key, device_update::tell_sharing};
use crate::{E2ee, Error, Result, ids::is_storable};

/// What a server tells of the cross-signing keys of a user of its own.
#[derive(Clone, Debug)]
pub struct SigningKeyUpdate {
    /// The user.
    pub user_id: OwnedUserId,
    /// The master key, if it is another.
    pub master_key: Option<Box<RawValue>>,
    /// The self-signing key, if it is another.
    pub self_signing_key: Option<Box<RawValue>>,
}

impl E2ee {
    /// Takes note of it. Gives whether the server is to be asked for the whole list.
    ///
    /// # Errors
    /// For keys that are of another user, or too large.
    pub async fn hear_signing_key_update(&self, update: SigningKeyUpdate) -> Result<bool> {
        let SigningKeyUpdate { user_id, master_key, self_signing_key } = update;
        if !is_storable(user_id.as_str()) {
            return Err(Error::invalid_param("the id of the user is too long"));
        }
        let keys = [(Usage::Master, master_key), (Usage::SelfSigning, self_signing_key)];
        let keys = keys.into_iter().filter_map(|(usage, key)| Some((usage, key?)));
        let rows: Vec<CrossSigningKeyRow> =
            keys.map(|(usage, key)| check_signing_key(user_id.as_str(), usage, &key)).collect::<Result<_>>()?;
        let user_id = user_id.to_string();
        Ok(self.store().write(move |tx| write(tx, &user_id, &rows)).await?)
    }
}

fn write(tx: &mut Tx<'_>, user_id: &str, rows: &[CrossSigningKeyRow]) -> store::Result<bool> {
    let Some(list) = remote_device_lists::get(tx.conn(), user_id)? else {
        tell_sharing(tx, user_id)?;
        return Ok(false);
    };
    if !list.fresh {
        let heard = device_list_changes::note(tx, user_id)?;
        remote_device_lists::outdated(tx, user_id, heard)?;
        return Ok(true);
    }
    let stored = cross_signing::of_user(tx.conn(), user_id)?;
    if rows.iter().all(|row| stored.contains(row)) {
        return Ok(false);
    }
    let master = |row: &&CrossSigningKeyRow| row.usage == Usage::Master as i16;
    let before = stored.iter().find(master).map(|row| &row.public_key);
    if rows.iter().find(master).is_some_and(|row| before.is_some_and(|before| *before != row.public_key)) {
        // What the old master key has signed means nothing beside the new one.
        cross_signing::delete(tx, user_id, Usage::SelfSigning)?;
    }
    for row in rows {
        cross_signing::set(tx, row)?;
    }
    device_list_changes::note(tx, user_id)?;
    Ok(false)
}

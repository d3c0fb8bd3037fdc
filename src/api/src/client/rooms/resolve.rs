//! Parameters that several endpoints share.

use peerbrain_core::limits;
use ruma::{OwnedRoomId, OwnedRoomOrAliasId, RoomAliasId, RoomId};

use crate::{App, Error, Result};

/// The room that an id or alias means.
///
/// # Errors
/// 404 for an alias that nobody has.
pub(super) async fn room_of(app: &App, id_or_alias: OwnedRoomOrAliasId) -> Result<OwnedRoomId> {
    if let Ok(room_id) = RoomId::parse(id_or_alias.as_str()) {
        return Ok(room_id);
    }
    let alias = RoomAliasId::parse(id_or_alias.as_str()).map_err(|error| Error::invalid_param(error.to_string()))?;
    Ok(app.rooms.room_of_alias(&alias).await?)
}

/// A transaction id is stored with its event, so it has a bound.
pub(super) fn check_transaction_id(txn_id: &str) -> Result<()> {
    if txn_id.len() > limits::TRANSACTION_ID_BYTES {
        return Err(Error::invalid_param("The transaction id is too long"));
    }
    Ok(())
}

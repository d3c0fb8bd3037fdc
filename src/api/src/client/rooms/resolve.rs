//! Parameters that several endpoints share.

use peerbrain_core::limits;
use ruma::{OwnedRoomId, OwnedRoomOrAliasId, OwnedServerName, RoomAliasId, RoomId};

use crate::{App, Error, Result};

/// The room that an id or alias means, and servers that may be in it: those that the client names, and for an alias of
/// another server those that it says.
///
/// # Errors
/// 404 for an alias that nobody has.
pub(crate) async fn room_and_servers(
    app: &App,
    id_or_alias: OwnedRoomOrAliasId,
    mut via: Vec<OwnedServerName>,
) -> Result<(OwnedRoomId, Vec<OwnedServerName>)> {
    if let Ok(room_id) = RoomId::parse(id_or_alias.as_str()) {
        return Ok((room_id, via));
    }
    let alias = RoomAliasId::parse(id_or_alias.as_str()).map_err(|error| Error::invalid_param(error.to_string()))?;
    if alias.server_name() == app.federation.server_name() {
        return Ok((app.rooms.room_of_alias(&alias).await?, via));
    }
    let (room_id, servers) = app.federation.resolve_alias(&alias).await?;
    via.push(alias.server_name().to_owned());
    via.extend(servers);
    Ok((room_id, via))
}

/// A transaction id is stored with its event, so it has a bound.
pub(super) fn check_transaction_id(txn_id: &str) -> Result<()> {
    if txn_id.len() > limits::TRANSACTION_ID_BYTES {
        return Err(Error::invalid_param("The transaction id is too long"));
    }
    Ok(())
}

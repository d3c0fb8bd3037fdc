//! Aliases of other servers.

use std::time::Duration;

use ruma::{OwnedRoomId, OwnedServerName, RoomAliasId, api::federation::query::get_room_information::v1};

use crate::{Federation, Result, client::Bounds};

/// The answer is a room id and servers.
const FOUND: Bounds = Bounds { bytes: 262_144, time: Duration::from_secs(20) };

impl Federation {
    /// The room that an alias of another server means, and servers that are in it.
    ///
    /// # Errors
    /// Those of [`Client::send`](crate::client::Client::send): also what that server says of an alias that it has not.
    pub async fn resolve_alias(&self, alias: &RoomAliasId) -> Result<(OwnedRoomId, Vec<OwnedServerName>)> {
        let request = v1::Request::new(alias.to_owned());
        let found = self.inner.client.send(alias.server_name(), request, FOUND).await?;
        Ok((found.room_id, found.servers))
    }
}

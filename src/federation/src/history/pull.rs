//! One event somewhere in the past of a room, which somebody has the id of.

use ruma::{OwnedEventId, RoomId, room_version_rules::RoomVersionRules};

use crate::{
    Result,
    history::{Asked, History, Told},
};

impl History {
    /// Fetches an event and gives it its place; whether that worked.
    ///
    /// # Errors
    /// What our own rooms say.
    pub(super) async fn pull(
        &self,
        room_id: &RoomId,
        rules: &'static RoomVersionRules,
        event_id: &OwnedEventId,
    ) -> Result<bool> {
        for server in self.servers(room_id, &[]).await? {
            let asked = Asked { room_id, rules, server: &server, told: Told::InPart };
            let event = self.fetch(asked, vec![event_id.clone()]).await;
            if self.add(asked, event).await? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What another server takes for the event next to a time, and the event's own time.
    ///
    /// # Errors
    /// What our own rooms say.
    pub(super) async fn next_to(
        &self,
        room_id: &RoomId,
        ts: i64,
        backward: bool,
    ) -> Result<Option<(OwnedEventId, i64)>> {
        for server in self.servers(room_id, &[]).await? {
            match self.peers().timestamp_to_event(&server, room_id, ts, backward).await {
                Ok((event_id, at)) if (at <= ts) == backward || at == ts => return Ok(Some((event_id, at))),
                Ok(_) => tracing::info!(%server, %room_id, "was given an event on the wrong side of a time"),
                Err(error) => tracing::debug!(%server, %room_id, %error, "no event next to a time could be had"),
            }
        }
        Ok(None)
    }
}

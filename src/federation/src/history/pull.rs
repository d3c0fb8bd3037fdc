//! One event of a room, which somebody has the id of.

use events::VerifiedPdu;
use rooms::Received;
use ruma::{OwnedEventId, RoomId, room_version_rules::RoomVersionRules};
use store::rooms::highest_depth_before;

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
            let Some(event) = self.fetch(asked, vec![event_id.clone()]).await.pop() else { continue };
            let is_here = match self.is_news(room_id, &event).await? {
                // It is on its way to us. Placed in the past, nobody who follows the room would ever hear of it.
                true => !matches!(self.complete(room_id, rules, &server, &event).await?, Received::Missing(_)),
                false => self.add(asked, vec![event]).await? > 0,
            };
            if is_here {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an event comes after what is here, rather than before it.
    async fn is_news(&self, room_id: &RoomId, event: &VerifiedPdu) -> Result<bool> {
        let heads = self.rooms().forward_extremities(room_id).await?;
        if event.prev_events().iter().any(|id| heads.contains(id)) {
            return Ok(true);
        }
        let Some(room) = self.rooms().nid(room_id).await? else { return Ok(false) };
        let newest = self.rooms().store().read(move |conn| highest_depth_before(conn, room, i64::MAX)).await?;
        Ok(newest.is_none_or(|newest| event.depth() > newest))
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

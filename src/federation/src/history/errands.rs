//! What is fetched because a client asks for it: within the client's patience, and further if need be.

use std::{future::Future, time::Duration};

use rooms::{Gap, Reader, rules_of};
use ruma::{EventId, OwnedRoomId, RoomId, room_version_rules::RoomVersionRules};
use store::rooms::{EventFlags, Membership, member};
use tokio::time::timeout;

use crate::{Result, history::History};

/// How long a client waits for others.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long it is tried at all.
const LONGEST: Duration = Duration::from_secs(120);

impl History {
    /// Whether a gap could not be filled a moment ago.
    pub(super) fn rests(&self, room_id: &RoomId, gap: &Gap) -> bool {
        self.turns.rests(room_id, gap.event_id.as_str())
    }

    /// Fills a gap; whether anything came in time.
    pub(super) async fn fill(&self, room_id: &RoomId, gap: Gap) -> bool {
        let what = gap.event_id.to_string();
        self.errand(room_id, what, move |history, room_id, rules| async move {
            // Perhaps somebody else was quicker.
            let gaps = history.rooms().gaps(&room_id, gap.depth).await?;
            match gaps.into_iter().find(|now| now.event_id == gap.event_id) {
                Some(gap) => Ok(history.backfill(&room_id, rules, &gap).await? > 0),
                None => Ok(true),
            }
        })
        .await
    }

    /// Fetches an event that is not here; whether it came in time.
    pub(super) async fn bring(&self, reader: &Reader, room_id: &RoomId, event_id: &EventId) -> bool {
        if !self.may_lack(reader, room_id).await {
            return false;
        }
        let event_id = event_id.to_owned();
        self.errand(room_id, event_id.to_string(), move |history, room_id, rules| async move {
            let known = history.rooms().known(&room_id, std::slice::from_ref(&event_id)).await?;
            // What has its place and is not shown is not shown for a reason.
            match known.get(&event_id) {
                Some(flags) if !flags.has(EventFlags::OUTLIER) => Ok(false),
                _ => history.pull(&room_id, rules, &event_id).await,
            }
        })
        .await
    }

    /// Fetches an event next to a time that is closer to it than `distance`; whether it came in time.
    pub(super) async fn bring_next_to(
        &self,
        reader: &Reader,
        room_id: &RoomId,
        (ts, backward): (i64, bool),
        distance: u64,
    ) -> bool {
        if distance == 0 || !self.may_lack(reader, room_id).await {
            return false;
        }
        self.errand(room_id, format!("{ts} {backward}"), move |history, room_id, rules| async move {
            let Some((event_id, at)) = history.next_to(&room_id, ts, backward).await? else { return Ok(false) };
            let known = history.rooms().known(&room_id, std::slice::from_ref(&event_id)).await?;
            let is_placed = known.get(&event_id).is_some_and(|flags| !flags.has(EventFlags::OUTLIER));
            if at.abs_diff(ts) >= distance || is_placed {
                return Ok(false);
            }
            history.pull(&room_id, rules, &event_id).await
        })
        .await
    }

    /// Whether a member asks about a room of whose past something is missing.
    async fn may_lack(&self, reader: &Reader, room_id: &RoomId) -> bool {
        let lacks = async {
            let Some(room) = self.rooms().nid(room_id).await? else { return Ok(false) };
            let user = reader.user_id.to_string();
            let member = self.rooms().store().read(move |conn| member(conn, room, &user)).await?;
            let is_joined = member.is_some_and(|member| member.membership() == Membership::Join);
            Ok::<_, crate::Error>(is_joined && !self.rooms().gaps(room_id, i64::MAX).await?.is_empty())
        };
        lacks.await.unwrap_or_else(|error| {
            tracing::warn!(%room_id, %error, "whether history is missing is not known");
            false
        })
    }

    /// Runs an errand when it is the room's turn, unless it was in vain a moment ago. It goes on when the client's patience is
    /// over, but not for ever.
    async fn errand<F, Fut>(&self, room_id: &RoomId, what: String, work: F) -> bool
    where
        F: FnOnce(History, OwnedRoomId, &'static RoomVersionRules) -> Fut + Send + 'static,
        Fut: Future<Output = Result<bool>> + Send + 'static,
    {
        if self.turns.rests(room_id, &what) {
            return false;
        }
        let (history, room_id) = (self.clone(), room_id.to_owned());
        let errand = self.options.runtime.spawn(async move {
            let _turn = history.turns.take(&room_id).await;
            let run = async {
                let rules = rules_of(&history.rooms().room(&room_id).await?)?;
                work(history.clone(), room_id.clone(), rules).await
            };
            let came = match timeout(LONGEST, run).await {
                Ok(Ok(came)) => came,
                Ok(Err(error)) => {
                    tracing::warn!(%room_id, %error, "history could not be fetched");
                    false
                }
                Err(_) => false,
            };
            if !came {
                history.turns.failed(&room_id, &what);
            }
            came
        });
        matches!(timeout(PATIENCE, errand).await, Ok(Ok(true)))
    }
}

//! Rooms that are not here, as other servers tell of them.

use std::collections::HashMap;

use ruma::{OwnedRoomId, OwnedServerName, UserId};
use serde_json::value::RawValue;
use store::{
    Conn,
    rooms::{Membership, foreign_member, joined_among},
};

use super::{SummaryForUser, preview::RoomSummary};
use crate::{Error, Result, Rooms};

/// A room that another server told of. Who may see it was judged there for this server as a whole.
#[derive(Clone, Debug)]
pub struct RoomElsewhere {
    /// The room.
    pub summary: RoomSummary,
    /// Of a space: its `m.space.child` events, stripped. Nothing where only its parent was asked for.
    pub children_state: Option<Vec<Box<RawValue>>>,
}

/// What was told, by room; nothing of a room of which nobody tells.
pub type RoomsElsewhere = HashMap<String, Option<RoomElsewhere>>;

/// A room of which others must be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRoom {
    /// The room.
    pub room_id: OwnedRoomId,
    /// Servers that are said to be in it.
    pub via: Vec<OwnedServerName>,
}

impl Rooms {
    /// A summary that another server gave, for one of our users.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the user may not learn of the room.
    pub async fn summary_elsewhere(&self, user_id: &UserId, summary: RoomSummary) -> Result<SummaryForUser> {
        let user_id = user_id.to_owned();
        self.reading(move |_, conn| {
            let membership = standing(conn, &user_id, &summary.room_id)?;
            if !may_learn_of(conn, &user_id, &summary)? {
                return Err(Error::NotFound("there is no such room, or you may not see it".into()));
            }
            Ok(SummaryForUser { summary, membership: Some(membership.unwrap_or(Membership::Leave)) })
        })
        .await
    }
}

/// Whether a user may learn of a room elsewhere, by the rules that hold for rooms that are here: who is invited, who may join
/// or knock, and everybody where it is world-readable.
pub(super) fn may_learn_of(conn: &mut Conn, user_id: &UserId, summary: &RoomSummary) -> Result<bool> {
    let rule = summary.join_rule.as_str();
    if summary.world_readable || matches!(rule, "public" | "knock" | "knock_restricted") {
        return Ok(true);
    }
    if rule == "restricted" && !summary.allowed_room_ids.is_empty() {
        let joined = joined_among(conn, user_id.as_str(), &summary.allowed_room_ids)?;
        if !joined.is_empty() {
            return Ok(true);
        }
    }
    Ok(standing(conn, user_id, &summary.room_id)? == Some(Membership::Invite))
}

fn standing(conn: &mut Conn, user_id: &UserId, room_id: &str) -> Result<Option<Membership>> {
    Ok(foreign_member(conn, user_id.as_str(), room_id)?.map(|member| member.membership()))
}

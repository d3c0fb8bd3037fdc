//! `GET /room_summary/{roomIdOrAlias}` (MSC3266).

use ruma::{RoomOrAliasId, UserId};
use store::rooms::{Membership, room_by_alias, room_by_id};

use super::preview::{Acquaintance, RoomSummary, is_open, summaries};
use crate::{Error, Result, Rooms};

/// A room in a few words, and what the user has to do with it.
#[derive(Clone, Debug)]
pub struct SummaryForUser {
    /// The room.
    pub summary: RoomSummary,
    /// How the user stands in it; `None` for who is not logged in.
    pub membership: Option<Membership>,
}

impl Rooms {
    /// A summary of a room, for a user or for who is not logged in.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such room, or the user may not learn of it.
    pub async fn room_summary(&self, user_id: Option<&UserId>, room: &RoomOrAliasId) -> Result<SummaryForUser> {
        let (user_id, id) = (user_id.map(ToOwned::to_owned), room.to_owned());
        self.reading(move |_, conn| {
            let not_found = || Error::NotFound("there is no such room, or you may not see it".into());
            let room = if id.is_room_alias_id() {
                room_by_alias(conn, id.as_str())?.map(|(room, _)| room)
            } else {
                room_by_id(conn, id.as_str())?
            };
            let room = [room.ok_or_else(not_found)?];
            let summaries = summaries(conn, &room)?;
            let acquaintance = match &user_id {
                Some(user_id) => Acquaintance::of(conn, user_id, &room, &summaries)?,
                None => Acquaintance::default(),
            };
            let [room] = room;
            let summary = summaries.into_iter().next().ok_or_else(not_found)?;
            let known = match user_id {
                Some(_) => acquaintance.may_learn_of(&room, &summary)?,
                None => is_open(&room, &summary)?,
            };
            if !known {
                return Err(not_found());
            }
            let membership = user_id.map(|_| acquaintance.membership(room.nid).unwrap_or(Membership::Leave));
            Ok(SummaryForUser { summary, membership })
        })
        .await
    }
}

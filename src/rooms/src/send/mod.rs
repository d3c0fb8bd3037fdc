//! Events that our users send into rooms they are in.

mod canonical_alias;
mod message;
mod redact;
mod state;

pub(crate) use canonical_alias::aliases_in;

use ruma::{RoomId, UserId};
use store::rooms::{MemberRow, Membership, member, room_by_id};

use crate::{Error, Result, Rooms};

impl Rooms {
    /// The number of a room, for writing to it. A room that we do not know gets the same answer as one that the user is
    /// not in, so nobody learns which rooms there are.
    pub(crate) async fn writable(&self, room_id: &RoomId) -> Result<i64> {
        self.nid(room_id).await?.ok_or_else(|| Error::Forbidden("you are not in this room".into()))
    }

    /// The number of a room, if we know it.
    pub async fn nid(&self, room_id: &RoomId) -> Result<Option<i64>> {
        if let Some(nid) = self.inner.nids.get(room_id) {
            return Ok(Some(nid));
        }
        let id = room_id.to_owned();
        let row = self.inner.store.read(move |conn| room_by_id(conn, id.as_str())).await?;
        if let Some(row) = &row {
            self.inner.nids.insert(room_id.to_owned(), row.nid);
        }
        Ok(row.map(|row| row.nid))
    }

    /// Where a user stands in a room now.
    pub(crate) async fn member_row(&self, room: i64, user: &UserId) -> Result<Option<MemberRow>> {
        let user = user.to_owned();
        Ok(self.inner.store.read(move |conn| member(conn, room, user.as_str())).await?)
    }

    /// Nobody outside learns anything of who is in a room, not even by being refused.
    pub(crate) async fn require_joined(&self, room: i64, user: &UserId) -> Result<()> {
        match self.membership_of(room, user).await? {
            Some(Membership::Join) => Ok(()),
            _ => Err(Error::Forbidden("you are not in this room".into())),
        }
    }

    /// The same, as a membership alone.
    pub(crate) async fn membership_of(&self, room: i64, user: &UserId) -> Result<Option<Membership>> {
        Ok(self.member_row(room, user).await?.map(|row| row.membership()))
    }
}

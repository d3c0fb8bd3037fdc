//! `GET` and `PUT /directory/list/room/{roomId}`: whether the directory lists a room.

use ruma::{RoomId, UserId, events::TimelineEventType};

use crate::{Result, Rooms};

impl Rooms {
    /// Whether the directory of this server lists a room.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) where this server does not know the room.
    pub async fn is_published(&self, room_id: &RoomId) -> Result<bool> {
        Ok(self.room(room_id).await?.published)
    }

    /// Puts a room into the directory, or takes it out. That takes the power to set its canonical alias, or an admin of
    /// the server.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) where this server does not know the room,
    /// [`Error::Forbidden`](crate::Error::Forbidden) without the power.
    pub async fn publish(&self, user_id: &UserId, room_id: &RoomId, published: bool, admin: bool) -> Result<()> {
        let room = self.room(room_id).await?;
        if !admin {
            self.check_may_send(room.nid, user_id, &TimelineEventType::RoomCanonicalAlias, Some("")).await?;
        }
        if room.published != published {
            self.store().write(move |tx| store::rooms::publish(tx, room.nid, published)).await?;
        }
        Ok(())
    }
}

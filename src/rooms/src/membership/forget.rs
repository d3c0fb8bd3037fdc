//! `POST /rooms/{roomId}/forget`.

use ruma::{RoomId, UserId};
use store::rooms;

use crate::{Error, Result, Rooms};

impl Rooms {
    /// Forgets a room that the user has left: its history is no longer theirs to read.
    ///
    /// # Errors
    /// [`Error::Unknown`] for somebody who is still in it.
    pub async fn forget(&self, room_id: &RoomId, user: &UserId) -> Result<()> {
        self.forget_foreign(room_id, user).await?;
        let Some(room) = self.nid(room_id).await? else { return Ok(()) };
        if self.membership_of(room, user).await?.is_none() {
            return Ok(());
        }
        let user = user.to_owned();
        let forgotten = self.inner.store.write(move |tx| rooms::forget(tx, room, user.as_str())).await?;
        if forgotten { Ok(()) } else { Err(Error::Unknown("leave the room first".into())) }
    }
}

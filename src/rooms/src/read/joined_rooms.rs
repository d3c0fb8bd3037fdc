//! `GET /joined_rooms`.

use ruma::UserId;
use store::rooms::joined_room_ids;

use crate::{Result, Rooms};

impl Rooms {
    /// The ids of the rooms that a user is joined to.
    pub async fn joined_rooms(&self, user_id: &UserId) -> Result<Vec<String>> {
        let user_id = user_id.to_owned();
        self.reading(move |_, conn| Ok(joined_room_ids(conn, user_id.as_str())?)).await
    }
}

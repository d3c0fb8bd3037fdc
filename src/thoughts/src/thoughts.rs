//! The handle.

use rooms::Rooms;
use store::Conn;

use crate::{Error, Result};

/// The social layer over the rooms of this server. Cheap to clone.
#[derive(Clone)]
pub struct Thoughts {
    pub(crate) rooms: Rooms,
}

impl Thoughts {
    /// The social layer over these rooms.
    pub fn new(rooms: Rooms) -> Self {
        Self { rooms }
    }

    /// Reads in one snapshot, whose position is told.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Conn, i64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        // Errors of the store go the store's way, so that it notices a dead connection.
        let read = move |conn: &mut Conn, position| match read(conn, position) {
            Err(Error::Store(error) | Error::Rooms(rooms::Error::Store(error))) => Err(error),
            outcome => Ok(outcome),
        };
        self.rooms.store().snapshot(read).await?
    }
}

//! The handle.

use rooms::Rooms;

/// Search over the rooms of this server. Cheap to clone.
#[derive(Clone)]
pub struct Search {
    pub(crate) rooms: Rooms,
}

impl Search {
    /// Search over these rooms. Nothing gets into the index before [`Search::follow`] runs.
    pub fn new(rooms: Rooms) -> Self {
        Self { rooms }
    }
}

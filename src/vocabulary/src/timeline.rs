//! What says that a room is somebody's timeline (MSC4501), and where to find it.

use serde::{Deserialize, Serialize};

/// Content of the state event `org.matrix.msc4501.social.profile_user_id`, with an empty state key. It counts only if it
/// names the room's creator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileUserId {
    /// The owner.
    pub user_id: String,
}

/// Value of the profile field `org.matrix.msc4501.social.profile_room`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRoom {
    /// The timeline for friends.
    pub room_id: String,
    /// Servers that are in it. Room ids of version 12 name none, so it is always given.
    #[serde(default)]
    pub via: Vec<String>,
}

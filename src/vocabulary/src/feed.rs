//! The home feed: new thoughts of all timelines one follows, newest first.

use serde::{Deserialize, Serialize};

/// The most events of one page.
pub const MAX_FEED_LIMIT: u32 = 100;

/// Answer of `GET /_matrix/client/unstable/org.peerbrain/feed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed<E> {
    /// Events in the form of `/messages`, each with its `room_id` and its bundled aggregations: only those that the owner
    /// of the timeline sent and that relate to nothing.
    pub chunk: Vec<E>,
    /// Where the page begins: the `from` of the request, or the newest position. To be given with `dir=f` for what is newer.
    pub start: String,
    /// Where the next page begins. Absent when there is no more in this direction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// The `filter` of the feed: a `RoomEventFilter` of which these fields count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedFilter {
    /// Only these timelines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rooms: Option<Vec<String>>,
    /// Not these timelines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_rooms: Vec<String>,
    /// Only what these users sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub senders: Option<Vec<String>>,
    /// Not what these users sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_senders: Vec<String>,
}

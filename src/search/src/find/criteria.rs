//! What is searched for.

use ruma::api::client::filter::RoomEventFilter;
use store::search::Field;

/// The criteria of a search for events.
#[derive(Clone, Debug)]
pub struct Criteria {
    /// The words.
    pub term: String,
    /// The fields to look into; none: all.
    pub fields: Option<Vec<Field>>,
    /// Which events count.
    pub filter: RoomEventFilter,
    /// What comes first.
    pub order_by: OrderBy,
    /// What surrounds the events, if that is wanted.
    pub context: Option<ContextRequest>,
    /// Whether the states of the rooms come along.
    pub include_state: bool,
    /// By what the results are grouped.
    pub group_by: Vec<GroupKey>,
    /// Where to go on, from an answer before.
    pub next_batch: Option<String>,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// What fits best.
    #[default]
    Rank,
    /// What is newest.
    Recent,
}

/// How much of what surrounds an event is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextRequest {
    /// Events before it.
    pub before: usize,
    /// Events after it.
    pub after: usize,
    /// Whether the profiles of the senders come along.
    pub include_profile: bool,
}

/// By what results are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKey {
    /// The room.
    Room,
    /// The sender.
    Sender,
}

impl GroupKey {
    /// The word of the specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Room => "room_id",
            Self::Sender => "sender",
        }
    }
}

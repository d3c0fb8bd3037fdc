//! What a room's lane hands to the writer: finished rows.

use std::sync::Arc;

use crate::{
    push::PushRows,
    relations::Relation,
    rooms::{EventRow, Membership, RoomRow},
};

/// Events of one room and all that follows from them, built on one revision of the room.
#[derive(Clone, Debug)]
pub struct Append {
    /// The revision that this was built on; 0 for a new room.
    pub built_on: i64,
    /// The room as it is afterwards; `revision` and `last_position` are filled in by the writer.
    pub room: RoomRow,
    /// The events in order.
    pub events: Vec<Arc<EventRow>>,
    /// Indexes into `events` of those that were known as outliers until now.
    pub placed: Vec<usize>,
    /// How the current state changes.
    pub changes: Vec<StateChange>,
    /// How memberships change.
    pub memberships: Vec<MembershipChange>,
    /// New nodes of the state trie.
    pub nodes: Vec<StateNode>,
    /// Events that are redacted.
    pub redactions: Vec<Redaction>,
    /// Redactions of events that are not here yet: (target event id, redaction's number).
    pub pending_redactions: Vec<(String, i64)>,
    /// Which of the events relate to others.
    pub relations: Vec<Relation>,
    /// Places of the new state events in the auth chain index.
    pub auth_chains: Vec<AuthChainRow>,
    /// Links of that index.
    pub auth_chain_links: Vec<AuthChainLink>,
    /// Whom the events notify.
    pub push: PushRows,
    /// New aliases with their creators. One that is taken fails the append with a conflict.
    pub aliases: Vec<(String, String)>,
    /// Previous events that are not here: (event id, number of the event that names it).
    pub gaps: Vec<(String, i64)>,
    /// Ids of events that were missing until now.
    pub filled: Vec<String>,
    /// Indexes into `events` of those that are to be sent to the other servers of the room.
    pub outgoing: Vec<usize>,
    /// History that arrives late: its events take positions that never look new, as outliers always do.
    pub backfilled: bool,
}

impl Append {
    /// Nothing yet, built on the room as it is.
    pub fn new(room: RoomRow) -> Self {
        Self {
            built_on: room.revision,
            room,
            events: Vec::new(),
            placed: Vec::new(),
            changes: Vec::new(),
            memberships: Vec::new(),
            nodes: Vec::new(),
            redactions: Vec::new(),
            pending_redactions: Vec::new(),
            relations: Vec::new(),
            auth_chains: Vec::new(),
            auth_chain_links: Vec::new(),
            push: PushRows::default(),
            aliases: Vec::new(),
            gaps: Vec::new(),
            filled: Vec::new(),
            outgoing: Vec::new(),
            backfilled: false,
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The room's new revision.
    pub revision: i64,
    /// The positions of the events, in their order.
    pub positions: Vec<i64>,
}

/// One key of the current state changes.
#[derive(Clone, Debug)]
pub struct StateChange {
    /// Index into [`Append::events`] of the event with whose position this happens.
    pub at: usize,
    /// The event type of the key.
    pub event_type: String,
    /// The state key.
    pub state_key: String,
    /// The event that holds the key now; none where state resolution took it away.
    pub event: Option<i64>,
    /// The event that held it before.
    pub replaced: Option<i64>,
}

/// The membership of one user changes.
#[derive(Clone, Debug)]
pub struct MembershipChange {
    /// Index into [`Append::events`] of the event with whose position this happens.
    pub at: usize,
    /// The member.
    pub user_id: String,
    /// The new membership.
    pub membership: Membership,
    /// The number of the membership event.
    pub event: i64,
    /// Who sent it.
    pub sender: String,
    /// The member's name in this room.
    pub display_name: Option<String>,
    /// The member's picture in this room.
    pub avatar_url: Option<String>,
    /// Whether the member is one of ours, whose syncs must hear of it.
    pub local: bool,
}

/// An immutable node of the state trie.
#[derive(Clone, Debug)]
pub struct StateNode {
    /// Its number.
    pub id: i64,
    /// Hash of its data; a node is stored once.
    pub hash: Vec<u8>,
    /// Its encoded contents.
    pub data: Vec<u8>,
}

/// An event loses its content.
#[derive(Clone, Debug)]
pub struct Redaction {
    /// The number of the event.
    pub target: i64,
    /// The number of the redaction.
    pub by: i64,
    /// When, in milliseconds since 1970: the original is forgotten a while after.
    pub at: i64,
    /// The redacted form of the event.
    pub json: String,
}

/// The place of a state event in the auth chain index.
#[derive(Clone, Debug)]
pub struct AuthChainRow {
    /// The event's number.
    pub event: i64,
    /// Its chain.
    pub chain: i64,
    /// Its place in that chain.
    pub sequence: i64,
}

/// From a place in one chain everything up to a place in another is reachable.
#[derive(Clone, Debug)]
pub struct AuthChainLink {
    /// From this chain
    pub chain: i64,
    /// and place
    pub sequence: i64,
    /// one reaches that chain
    pub target_chain: i64,
    /// up to this place.
    pub target_sequence: i64,
}

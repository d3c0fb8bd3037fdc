//! Rooms, their events, state and members.

mod aliases;
pub(crate) mod append;
mod append_value;
mod auth_chains;
mod current;
mod directory;
pub(crate) mod ending;
mod event;
mod find_event;
mod find_room;
mod foreign_memberships;
mod gaps;
mod history;
mod member_lists;
mod members;
mod membership;
mod mutual_rooms;
mod originals;
mod pending_redactions;
#[cfg(test)]
mod plans;
mod room;
mod server_members;
mod state_keys;
mod state_lists;
mod state_nodes;

use diesel::{dsl::max, prelude::*};

pub use aliases::move_aliases;
pub use append_value::{
    Append, Appended, AuthChainLink, AuthChainRow, MembershipChange, Redaction, StateChange, StateNode,
};
pub use auth_chains::{auth_chain_end, auth_chain_events, auth_chain_links_of, auth_chain_links_to, auth_chain_places};
pub use current::{current_event, current_event_nid, current_events, current_state, current_state_without_key};
pub use directory::{
    AliasOutcome, aliases_of_room, create_alias, delete_alias, publish, published_count, published_rooms, rooms_by_id,
};
pub use event::{EventCounts, EventFlags, EventRow, NO_DEPTH, StoredEvent};
pub use find_event::{
    event_by_id, event_flags, event_ids, event_nids, events_by_nid, events_by_txn, events_of_id, types_among,
};
pub use find_room::{room_by_alias, room_by_id, room_by_nid, rooms_by_nid};
pub use foreign_memberships::{
    ForeignMember, foreign_changes, foreign_count, foreign_member, foreign_standing, forget_foreign, keep_foreign,
    leave_foreign,
};
pub use gaps::{events_after, gaps, has_gaps};
pub use history::{
    Stretch, depth_of_gap_after, events_near, highest_depth_before, history, last_arrival, lowest_depth_after,
};
pub use member_lists::{
    JoinedProfile, joined_among, joined_anywhere, joined_of, joined_profiles, joined_room_ids, longest_joined,
    member_changes_since, member_event_nids, standings,
};
pub use members::{forget, member, members_of_room, rooms_of_user};
pub use membership::{MemberRow, Membership};
pub use mutual_rooms::mutual_rooms;
pub use originals::forget_originals;
pub use pending_redactions::redactions_of;
pub use room::{RoomCounts, RoomRow, extremities_from_text, extremities_to_text};
pub use server_members::{joined_of_server, members_of_server, rooms_inviting_server};
pub use state_keys::{intern_state_keys, known_state_keys, state_key_nid, state_keys_by_nid};
pub use state_lists::{keys_without_members, space_children, state_key_nids};
pub use state_nodes::{state_node_by_hash, state_nodes};

use crate::{
    Conn, Result,
    schema::{events, rooms, state_keys as keys, state_nodes as nodes},
};

/// The highest number ever given to a row that is numbered before its transaction.
pub(crate) fn highest_nid(conn: &mut Conn) -> Result<i64> {
    let highest: [Option<i64>; 4] = [
        events::table.select(max(events::nid)).get_result(conn)?,
        rooms::table.select(max(rooms::nid)).get_result(conn)?,
        keys::table.select(max(keys::nid)).get_result(conn)?,
        nodes::table.select(max(nodes::id)).get_result(conn)?,
    ];
    Ok(highest.into_iter().flatten().max().unwrap_or(0))
}

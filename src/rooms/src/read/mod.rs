//! Reading rooms for clients: history, events, state, members, the directory, spaces; and for other [`server`]s.
//!
//! Whatever leaves here for clients has passed [`visible`], or is of a state that the reader may see
//! ([`Viewer::state_root`]).

mod aliases;
mod children;
mod client_form;
pub(crate) mod content;
mod context;
mod directory;
mod elsewhere;
mod event;
mod event_filter;
mod hierarchy;
mod hierarchy_token;
mod holder;
mod joined_rooms;
mod lazy_members;
mod members;
mod messages;
mod mutual_rooms;
mod page;
mod preview;
mod public_rooms;
mod reader;
mod room_servers;
mod searched_room;
pub(crate) mod server;
mod space_children;
mod state;
mod summary;
mod threads;
mod timestamp;
mod token;
mod viewer;
mod visibility;

#[cfg(test)]
pub(crate) mod tests;

pub use aliases::ResolvedAlias;
pub use children::{Children, ChildrenRequest};
pub use client_form::{ClientForm, Related};
pub use context::Context;
pub use elsewhere::{MissingRoom, RoomElsewhere, RoomsElsewhere};
pub use event_filter::EventFilter;
pub use hierarchy::{Hierarchy, HierarchyRequest, HierarchyRoom};
pub use lazy_members::member_events;
pub use members::MembersRequest;
pub use messages::{Page, PageRequest};
pub use mutual_rooms::MutualRooms;
pub use preview::RoomSummary;
pub use public_rooms::{PublicRooms, PublicRoomsRequest};
pub use reader::Reader;
pub(crate) use reader::{no_member, store_errors_out};
pub use searched_room::{SearchedRoom, Surroundings};
pub use server::{MissingEvents, ServerState, ServerStateIds, SpaceForServer};
pub use store::rooms::{JoinedProfile, Membership};
pub use summary::SummaryForUser;
pub use threads::{Threads, ThreadsRequest};
pub use token::Token;
pub use viewer::{Standing, Viewer};
pub use visibility::{DUMMY_EVENT, Seen, is_for_clients, visible};

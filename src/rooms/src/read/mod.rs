//! Reading rooms for clients: history, events, state, members, the directory, spaces.
//!
//! Whatever leaves here has passed [`visible`], or is of a state that the reader may see ([`Viewer::state_root`]).

mod aliases;
mod client_form;
mod content;
mod context;
mod directory;
mod event;
mod event_filter;
mod hierarchy;
mod joined_rooms;
mod lazy_members;
mod members;
mod messages;
mod page;
mod preview;
mod public_rooms;
mod reader;
mod space_children;
mod state;
mod summary;
mod timestamp;
mod token;
mod viewer;
mod visibility;

#[cfg(test)]
mod tests;

pub use aliases::ResolvedAlias;
pub use client_form::{ClientForm, Related};
pub use context::Context;
pub use event_filter::EventFilter;
pub use hierarchy::{Hierarchy, HierarchyRequest, HierarchyRoom};
pub use lazy_members::member_events;
pub use members::MembersRequest;
pub use messages::{Page, PageRequest};
pub use preview::RoomSummary;
pub use public_rooms::{PublicRooms, PublicRoomsRequest};
pub use reader::Reader;
pub use summary::SummaryForUser;
pub use token::Token;
pub use viewer::{Standing, Viewer};
pub use visibility::{Seen, visible};

//! Memberships across the border: users of other servers who come into rooms that are here, and ours in rooms that are
//! not (server-server §joining-rooms, §knocking-rooms, §inviting-to-a-room, §leaving-rooms).
//!
//! What is sent and asked over the network for that is the business of `federation`. Here is what it means for a room:
//! the template that another server gets, the event that we make of the template of another, what is told of a room to
//! those who enter it, and where our users stand in rooms that are not here.

mod accept;
mod entry;
mod invite;
mod memberships;
mod notify;
mod rebuild;
mod resident;
mod shown;
mod stripped;
mod template;
#[cfg(test)]
mod tests;

pub use entry::Entry;
pub use invite::{DraftedInvite, InviteContent};
pub use memberships::{ForeignInvite, foreign_rules};
pub use rebuild::Rebuilt;
pub(crate) use resident::is_resident;
pub use stripped::{MAX_STRIPPED_BYTES, StrippedState};
pub use template::{Handshake, Template};

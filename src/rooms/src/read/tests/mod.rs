//! Tests of this module, on both databases.

mod aliases;
mod history;
mod members;
mod memberships;
mod odd_events;
mod public_rooms;
mod relations;
mod spaces;
mod state;
mod unsigned;
mod upgrade;
mod visibility;
pub(crate) mod world;

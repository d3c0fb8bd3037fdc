//! Tests of this module, on both databases.

mod aliases;
mod history;
mod members;
mod odd_events;
mod public_rooms;
mod spaces;
mod state;
mod unsigned;
mod visibility;
mod world;

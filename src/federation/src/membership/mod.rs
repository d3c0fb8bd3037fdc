//! How users come into rooms and leave them across servers (server-server §joining-rooms, §knocking-rooms,
//! §inviting-to-a-room, §leaving-rooms): ours in rooms elsewhere, with the help of a server that is there, and those of
//! other servers in rooms that are here ([`serve`]).

mod answer;
mod bound;
mod candidates;
mod entry;
mod failure;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod handshake;
mod invite;
mod join;
mod knock;
mod leave;
mod leave_all;
mod serve;
mod shown;
mod told;
mod turns;

pub(crate) use turns::Turns;

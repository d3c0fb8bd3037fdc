//! `POST /createRoom` (client-server §creation).

mod events_of;
mod power_levels;
mod preset;
mod request;
pub(crate) mod room;

pub use preset::Preset;
pub use request::{CreateRoom, InitialState};

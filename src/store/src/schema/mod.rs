//! The tables as diesel sees them, one file per group; the truth is in `migrations/`.

mod account_tables;
mod foundation;
mod room_tables;

pub(crate) use account_tables::*;
pub(crate) use foundation::*;
pub(crate) use room_tables::*;

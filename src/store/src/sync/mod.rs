//! What `/sync` reads: always in one snapshot, one query for all rooms.

mod changes;
mod heroes;
mod standing;
mod state;
mod window;

pub use changes::{DeltaRow, deltas, own_deltas, replaced_at};
pub use heroes::heroes;
pub use standing::{changed_rooms, changed_rooms_among, standing, standing_in};
pub use state::basic_state;
pub use window::{Span, newest_events};

//! Relations between events (client-server § Forming relationships between events): what an event says of them, what
//! becomes of that in its room's lane, and what is bundled with the events that others relate to.
//!
//! Whoever gives a page of events to a client reads their [`Bundles`] once for all of them.

mod bundle_json;
mod bundles;
mod lane;
mod relates_to;

pub use bundles::{Bundle, Bundles, Parent, Thread};
pub use relates_to::RelatesTo;
pub use store::relations::Kind;

pub(crate) use lane::relation;

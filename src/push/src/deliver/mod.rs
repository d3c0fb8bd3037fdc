//! Delivery to push gateways: one task for each pusher, woken by commits. What a pusher has delivered is a position in
//! its row, so a crash loses nothing and repeats one notification at most.

mod delivery;
mod gateway;
mod pending;
mod resolver;
mod wakes;
mod worker;

pub(crate) use delivery::Delivery;
pub use wakes::Wakes;

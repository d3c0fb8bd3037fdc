//! Delivery to push gateways: one task for each pusher, woken by the commits that notify its user. Up to where is delivered
//! is written down every second, so a crash loses nothing and repeats what was delivered in the last one.

mod bell;
mod delivery;
mod gateway;
mod pending;
mod progress;
mod resolver;
#[cfg(test)]
mod tests;
mod wakes;
mod worker;

pub(crate) use delivery::Delivery;
pub use wakes::Wakes;

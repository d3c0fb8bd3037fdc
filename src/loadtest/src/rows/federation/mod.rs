//! Work between servers. The others are played here; the server under test takes them for real ones.

pub mod incoming;
pub mod join;
pub mod latency;

mod chain;
mod crowd;
mod signatures;

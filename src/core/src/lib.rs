//! What every other crate of the server stands on: the clock and the source of randomness (both injected, so that a
//! test decides what time it is and which tokens come next), the limits that bound what a remote party can make grow,
//! buckets for what they may have now and then, threads for long computations, the filter of addresses that may be reached, and the model of the configuration.
//!
//! Nothing here opens a socket or a database. The only file that is read is the configuration, in [`config::load`].

pub mod addresses;
pub mod background;
pub mod buckets;
pub mod clock;
pub mod config;
pub mod limits;
pub mod random;

pub use addresses::AddressFilter;
pub use buckets::Buckets;
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{Config, ConfigError};
pub use random::{Random, SeededRandom, SystemRandom};

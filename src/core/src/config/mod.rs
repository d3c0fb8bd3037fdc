//! The configuration: [`Config`] and its sections, each a plain struct whose doc comments are also the comments of the
//! example file. [`load`] reads it: defaults, then a TOML file, then the environment (`PEERBRAIN__SECTION__KEY`).

mod contact;
mod describe;
mod error;
mod example;
mod federation;
mod listen;
mod load;
mod nearest;
mod network;
mod own_address;
#[cfg(test)]
mod readme;
mod secret;
mod sections;
#[cfg(test)]
mod tests;
mod validate;

pub use contact::Contact;
pub use describe::Setting;
pub use error::ConfigError;
pub use federation::{Federation, FederationMode, Override};
pub use listen::{Api, Bind, Listener};
pub use load::{ENVIRONMENT_PREFIX, Environment, load, load_text};
pub use network::Network;
pub use secret::{DatabaseUrl, Secret};
pub use sections::{
    Config, Database, Log, LogFormat, Media, Passwords, Presence, Push, Rate, RateLimits, Registration,
    RegistrationMode, Rooms, Server, Sync, Thoughts, TrustedProxy, Turn, UserDirectory, WellKnown,
};

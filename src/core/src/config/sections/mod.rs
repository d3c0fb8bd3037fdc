//! The sections of the configuration. What is written here above a setting is what the operator reads in the example file.

mod database;
mod log;
mod media;
mod push;
mod rate_limits;
mod rooms;
mod server;
mod thoughts;
mod turn;
mod users;
mod well_known;

use serde::{Deserialize, Serialize};

pub use database::Database;
pub use log::{Log, LogFormat};
pub use media::Media;
pub use push::Push;
pub use rate_limits::{Rate, RateLimits};
pub use rooms::{Presence, Rooms, Sync};
pub use server::{Server, TrustedProxy};
pub use thoughts::Thoughts;
pub use turn::Turn;
pub use users::{Passwords, Registration, RegistrationMode, UserDirectory};
pub use well_known::WellKnown;

use super::{Federation, Listener};

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who this server is.
    pub server: Server,
    /// What clients and servers find under `/.well-known/matrix`.
    pub well_known: WellKnown,
    /// Other servers.
    pub federation: Federation,
    /// Where everything is kept.
    pub database: Database,
    /// Who may register.
    pub registration: Registration,
    /// How passwords are hashed.
    pub passwords: Passwords,
    /// Defaults of rooms.
    pub rooms: Rooms,
    /// Bounds of `/sync`.
    pub sync: Sync,
    /// Who is online.
    pub presence: Presence,
    /// Notifications on phones.
    pub push: Push,
    /// Uploaded files.
    pub media: Media,
    /// The relay for calls.
    pub turn: Turn,
    /// The social layer.
    pub thoughts: Thoughts,
    /// Who finds whom.
    pub user_directory: UserDirectory,
    /// How often one may do what.
    pub rate_limits: RateLimits,
    /// What is logged.
    pub log: Log,
    /// Where the server listens; empty means the default listener (see [`Config::listeners`]).
    pub listeners: Vec<Listener>,
}

impl Config {
    /// Where to listen: what is configured, or the default listener.
    pub fn listeners(&self) -> Vec<Listener> {
        if self.listeners.is_empty() { vec![Listener::default()] } else { self.listeners.clone() }
    }
}

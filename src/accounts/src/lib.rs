//! Accounts: who the users are and how they prove it.
//!
//! Here live registration, passwords, tokens and sessions, user-interactive authentication, devices, the states of an
//! account (locked, suspended, deactivated), profiles, account data, tags, filters, the user directory and the rate
//! limits. Rooms do not: where a change must be seen in rooms (a new display name, a deactivation), the answer says so
//! and the caller tells the rooms crate. Nothing of HTTP either: [`Error`] names the Matrix error, `api` writes it.

mod account_data;
mod account_state;
mod accounts;
mod caches;
mod devices;
mod error;
mod filter;
mod last_seen;
mod login;
mod new_device;
mod no_device;
mod openid;
mod password;
mod password_change;
mod preferences;
mod profile;
pub mod rate_limits;
mod refresh;
mod registration;
mod session;
mod storable;
mod tags;
#[cfg(test)]
mod testing;
mod tokens;
mod uiaa;
mod user_directory;
mod username;

pub use account_state::{ConnectionSeen, DeviceSeen};
pub use accounts::Accounts;
pub use caches::Caches;
pub use devices::Device;
pub use error::{Error, Result};
pub use filter::Filter;
pub use login::{Credentials, LOGIN_TOKEN_LASTS};
pub use new_device::{Login, NewDevice};
pub use no_device::NoDevice;
pub use openid::OpenIdToken;
pub use password_change::PasswordProof;
pub use preferences::Preferences;
pub use profile::{ProfileChange, member_profile};
pub use rate_limits::{Limit, RateLimits};
pub use refresh::Refreshed;
pub use registration::{MacRegistration, NewAccount, Registered};
pub use session::{Seen, Session};
pub use uiaa::{Authorized, Stage, UiaChallenge, UiaRequest};
pub use user_directory::{Found, FoundUser};

/// A JSON object, as it comes in a request.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

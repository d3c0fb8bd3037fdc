//! User-interactive authentication (client-server §user-interactive-authentication-api).

mod authorize;
mod sessions;
mod stages;
#[cfg(test)]
mod tests;

pub use authorize::{Authorized, UiaRequest};
pub(crate) use authorize::{identified_user, text};
pub(crate) use sessions::UiaSessions;
pub use stages::{Stage, UiaChallenge};

//! Registration (client-server §legacy-account-registration).

mod guest;
mod register;
mod rights;
mod shared_secret;

pub use register::{NewAccount, Registered};
pub use shared_secret::MacRegistration;
pub(crate) use shared_secret::Nonces;

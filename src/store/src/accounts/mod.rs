//! Users, their tokens, devices, profiles, account data, filters: one file of queries per table group. The rules (who
//! may, how many, for how long) are those of the accounts crate.

pub mod account_data;
pub mod devices;
pub mod filters;
pub mod openid_tokens;
pub mod profiles;
pub mod registration_tokens;
pub mod tokens;
pub mod unannounced_profiles;
pub mod user_directory;
pub mod users;

pub use account_data::AccountDataRow;
pub use devices::{DeviceRow, LastSeen};
pub use registration_tokens::RegistrationTokenRow;
pub use tokens::{Token, TokenKind};
pub use users::UserRow;

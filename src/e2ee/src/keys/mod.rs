//! Keys of devices and users: uploaded, queried, claimed and signed.

pub(crate) mod bounds;
mod claim;
mod counts;
mod cross_signing;
mod device_keys;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod many_keys;
mod one_time_key;
mod query;
mod serve;
#[cfg(test)]
mod serve_tests;
mod signatures;
#[cfg(test)]
mod tests;
mod upload;
mod user_keys;

pub use claim::{Claimed, Wanted};
pub use counts::KeyCounts;
pub(crate) use counts::json_text;
pub use cross_signing::CrossSigningUpload;
pub(crate) use cross_signing::public_key;
pub use many_keys::ManyKeys;
pub use query::Asked;
pub use serve::DeviceList;
pub use signatures::{SignatureFailures, SignedObjects};
pub use upload::KeyUpload;
pub(crate) use upload::{CheckedUpload, Written};
pub use user_keys::UserKeys;

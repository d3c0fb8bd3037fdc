//! Keys of devices and users, and whose changed when. What makes a key valid is the business of the e2ee crate.

mod announce;
pub mod cross_signing;
pub mod dehydrated_devices;
mod deletion;
pub mod device_keys;
pub mod device_list_changes;
pub mod device_list_pauses;
pub mod fallback_keys;
pub mod key_backup;
pub mod key_backup_sessions;
#[cfg(test)]
mod message_plans;
mod newcomers;
pub mod one_time_keys;
pub mod remote_device_lists;
pub mod remote_devices;
#[cfg(test)]
mod remote_tests;
mod shared_rooms;
pub mod to_device;
mod unshared;

pub use announce::{Changed, announce};
pub use cross_signing::{CrossSigningKeyRow, Usage, UserSignatureRow};
pub use dehydrated_devices::DehydratedDeviceRow;
pub(crate) use deletion::{delete_of_devices, delete_of_user};
pub use device_keys::DeviceKeysRow;
pub use fallback_keys::FallbackKeyRow;
pub use key_backup::KeyBackupRow;
pub use key_backup_sessions::{BackedUpSessionRow, SessionMetadata};
pub(crate) use newcomers::{introduce, newcomers};
pub use one_time_keys::{ClaimedRow, OneTimeKeyRow};
pub use remote_device_lists::{RemoteList, RemoteListRow};
pub use remote_devices::RemoteDeviceRow;
pub use shared_rooms::{joined_rooms_of, joined_users_of, member_deltas};
pub use to_device::ToDeviceRow;
pub(crate) use unshared::forget_unshared;
pub use unshared::sharing;

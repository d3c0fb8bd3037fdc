//! The tables as diesel sees them, one file per group; the truth is in `migrations/`.

mod account_tables;
mod federation_tables;
mod foreign_membership_tables;
mod foundation;
mod key_backup_tables;
mod key_tables;
mod media_tables;
mod message_tables;
mod moderation_tables;
mod push_tables;
mod reading_tables;
mod relation_tables;
mod remote_device_tables;
mod room_tables;
mod search_tables;
mod sending_tables;
mod server_key_tables;
mod timeline_tables;

pub(crate) use account_tables::*;
pub(crate) use federation_tables::*;
pub(crate) use foreign_membership_tables::*;
pub(crate) use foundation::*;
pub(crate) use key_backup_tables::*;
pub(crate) use key_tables::*;
pub(crate) use media_tables::*;
pub(crate) use message_tables::*;
pub(crate) use moderation_tables::*;
pub(crate) use push_tables::*;
pub(crate) use reading_tables::*;
pub(crate) use relation_tables::*;
pub(crate) use remote_device_tables::*;
pub(crate) use room_tables::*;
pub(crate) use search_tables::*;
pub(crate) use sending_tables::*;
pub(crate) use server_key_tables::*;
pub(crate) use timeline_tables::*;

//! Uploaded files: what their ids stand for, their contents, thumbnails, and how much each user has. The rules are those
//! of the media crate, and so are the files in which large contents lie.

pub mod contents;
pub mod deletion;
#[cfg(test)]
mod plans;
pub mod remote;
pub mod thumbnails;
pub mod uploads;
pub mod usage;

pub use contents::{Content, NewContent};
pub use remote::RemoteRow;
pub use thumbnails::{ThumbnailKey, ThumbnailRow};
pub use uploads::{Listed, MediaRow};
pub use usage::Usage;

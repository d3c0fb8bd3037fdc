//! Whom events notify: unread counts, what was notified, pushers. `migrations/0010_push` tells what the tables mean.
//!
//! What a rule says is decided in the lanes; here is what follows from it in rows.

mod append;
mod contributions;
mod holders;
mod mark_read;
mod notified;
#[cfg(test)]
mod plans;
mod progress;
mod pushers;
mod redact;
mod rows;
#[cfg(test)]
mod tests;
mod unread;

pub(crate) use append::append;
pub(crate) use mark_read::mark_read;
pub(crate) use pushers::delete_of_devices;
pub(crate) use redact::redact;

pub use contributions::Count;
pub use holders::{HolderRow, RuleTexts, holders, holders_among, rule_texts};
pub use notified::{NotifiedRow, OwnNotifiedRow, notified, own_notified, thread_of};
pub use progress::{PusherPlace, push_progress, set_push_progress};
pub use pushers::{
    PusherRow, all_pushers, delete_others, delete_pusher, pusher, pushers_of, set_pusher, users_in_rooms,
    users_notified,
};
pub use rows::{JoinedReader, MuteChange, OwnCount, OwnNotification, PushRows, ThreadNotification};
pub use unread::{
    OwnThreadRow, RedactedRow, ThreadRow, UnreadRow, joined_unread, own_in_threads, redacted_after, threads_after,
    unread, unread_row,
};

//! Search: finding messages, names and topics by their words.
//!
//! Here lives how a text is split into words, the follower that puts them into the index shortly after the event, and the
//! search itself: what is looked for, in which rooms, in what order, and what comes along. What one may see is decided by
//! the rooms crate; how the index is stored is the store's.

mod error;
mod find;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod index;
mod search;
mod words;

pub use error::{Error, Result};
pub use find::{Answer, ContextRequest, Criteria, GroupKey, OrderBy};
pub use search::Search;

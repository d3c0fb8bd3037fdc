//! Timelines of people (`federation-spec/thoughts.md`): which rooms are one, and what their owners said there. The rows are
//! written with the events that they follow from.

mod read;
mod write;

#[cfg(test)]
mod tests;

pub use read::{TimelineEvent, TimelineRoom, newest_of_timelines, oldest_of_timelines, timelines_among, timelines_of};

pub(crate) use write::{forget, insert};

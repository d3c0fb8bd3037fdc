//! How events get into the index: behind the writes, not in them.
//!
//! An index wants to be written in large pieces: each commit with words in it costs both databases more than the message
//! itself. So a follower of the log takes many events together, a little after they were sent, and stands back while
//! others write. What must be gone at once, the words of a redacted event, goes in the redaction's own write.

mod follow;
mod pace;
mod text;

pub(crate) use text::own_text;

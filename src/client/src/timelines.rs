//! Timelines: rooms that belong to their creator (`federation-spec/thoughts.md`). One's own are made here, those of others
//! are found here.

mod finding;
mod making;
mod owner;

pub(crate) use finding::encoded;
pub use finding::{Found, find, person};
pub use making::{create, ensure, of_audience};
pub use owner::{is_timeline, own, owner, theirs};

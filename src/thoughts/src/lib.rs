//! The social layer on the server (`federation-spec/thoughts.md`, `feed.md`): the home feed, the list of friends, and the
//! public page of a person with its Atom feed. All of it is derived from rooms and memberships; nothing is stored here that
//! does not follow from events, and nothing that is encrypted is read. What a request looks like on the wire lives in `api`.

mod error;
mod feed;
mod friends;
mod page;
mod thoughts;
mod token;

pub use error::{Error, Result};
pub use feed::FeedRequest;
pub use page::{Page, PageRequest, PublicThought, atom, html, nothing};
pub use thoughts::Thoughts;

//! The public page of a person: what anybody may read without an account.

mod atom;
mod read;
mod render;
mod words;

pub use atom::atom;
pub use read::PageRequest;
pub use render::{html, nothing};

/// A page of public thoughts, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The local part of the author.
    pub localpart: String,
    /// The name that the author shows.
    pub name: Option<String>,
    /// The id of the author's picture, if it is one of this server.
    pub avatar: Option<String>,
    /// The thoughts.
    pub thoughts: Vec<PublicThought>,
    /// Where older ones begin, if there are any.
    pub older: Option<i64>,
}

/// A public thought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicThought {
    /// The event.
    pub event_id: String,
    /// Its title.
    pub title: Option<String>,
    /// Its text, as HTML in which nothing can do harm.
    pub html: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its language.
    pub lang: Option<String>,
    /// When it was said, in milliseconds since 1970.
    pub said_ms: i64,
    /// When it was last changed.
    pub changed_ms: i64,
    /// The id of its picture, if it is one of this server, and what that shows.
    pub picture: Option<(String, String)>,
}

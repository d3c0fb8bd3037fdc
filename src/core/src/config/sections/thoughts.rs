//! The social layer.

use crate::config::describe::settings;

settings! {
    /// What people think (federation-spec/thoughts.md). What is for friends is encrypted, and no setting concerns it.
    pub struct Thoughts {
        /// Whether public thoughts are shown without login, as a page for each person: /thoughts/NAME on listeners of the
        /// client API.
        public_pages: bool = true,
        /// Whether each of these pages has an Atom feed: /thoughts/NAME/atom.xml.
        atom: bool = true,
    }
}

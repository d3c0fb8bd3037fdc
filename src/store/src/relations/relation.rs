//! That an event relates to another, as its room's lane hands it to the writer.

use crate::rooms::EventFlags;

/// The `rel_type` of edits.
pub const REPLACE: &str = "m.replace";
/// The `rel_type` of annotations, reactions above all.
pub const ANNOTATION: &str = "m.annotation";
/// The `rel_type` of plain references.
pub const REFERENCE: &str = "m.reference";
/// The `rel_type` of what is said in a thread.
pub const THREAD: &str = "m.thread";

/// The mark of an edit that can replace an event.
pub const VALID_EDIT: i64 = 1;

/// An event relates to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Index into [`Append::events`](crate::rooms::Append::events) of the event.
    pub at: usize,
    /// The Matrix id of the event to which it relates. That need not be here.
    pub target: String,
    /// How it relates.
    pub rel_type: String,
    /// What tells it from others of its sender: of an annotation a hash of its key, of an edit [`VALID_EDIT`] if it can
    /// replace an event, else 0.
    pub mark: i64,
}

impl Relation {
    /// The flag that the target has of it.
    pub fn flag(&self) -> EventFlags {
        flag_of(&self.rel_type)
    }
}

/// The flag of those who have children of this kind; none for kinds of which nothing is bundled.
pub(super) fn flag_of(rel_type: &str) -> EventFlags {
    match rel_type {
        REPLACE => EventFlags::EDITED,
        REFERENCE => EventFlags::REFERENCED,
        THREAD => EventFlags::THREAD_ROOT,
        _ => EventFlags::default(),
    }
}

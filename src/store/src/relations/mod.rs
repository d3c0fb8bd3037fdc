//! Which event relates to which (client-server § Forming relationships between events): rows that are written with the
//! event, and go with its redaction.
//!
//! An event to which others relate carries a flag for it ([`EventFlags::CHILDREN`](crate::rooms::EventFlags::CHILDREN)),
//! so that nothing is asked about all the others.

mod bundled;
mod children;
mod relation;
mod roots;
mod write;

#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;

pub use bundled::{Bundled, Parent, ThreadSummary, newest_children, threads_of};
pub use children::{Kind, Place, annotations_of, children, children_of_many, flags_of_children};
pub use relation::{ANNOTATION, REFERENCE, REPLACE, Relation, THREAD, VALID_EDIT};
pub use roots::{ThreadRoot, thread_roots};

pub(crate) use write::{insert, remove};

//! Where an answer is read from beside memory.

use store::Conn;

use crate::{Error, Result};

/// The database, in a snapshot, or nothing: then an answer is made from what is in memory, or not at all.
pub(crate) struct Database<'a>(Option<&'a mut Conn>);

impl<'a> Database<'a> {
    /// A snapshot that is open.
    pub fn in_snapshot(conn: &'a mut Conn) -> Self {
        Self(Some(conn))
    }

    /// No database.
    pub fn none() -> Self {
        Self(None)
    }

    /// The connection.
    pub fn open(&mut self) -> Result<&mut Conn> {
        self.0.as_deref_mut().ok_or(Error::NotInMemory)
    }
}

//! An answer that is read as it comes.

use bytes::Bytes;
use http::HeaderMap;
use ruma::OwnedServerName;

use crate::{Error, Result};

/// The answer of another server, whose body is read piece by piece.
pub struct Answer {
    server: OwnedServerName,
    headers: HeaderMap,
    room: usize,
}

impl Answer {
    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// [`Error::Unreachable`] for a connection that broke or fell silent, [`Error::BadAnswer`] for too many bytes.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let reason = format!("no more than {} bytes", self.room);
        Err(Error::BadAnswer { server: self.server.clone(), reason })
    }
}

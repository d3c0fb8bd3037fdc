//! Reading answers, never more than is asked for.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use reqwest::Response;
use ruma::OwnedServerName;
use tokio::time::{Instant, timeout_at};

use super::{Bounds, reason};
use crate::{Error, Result};

/// How many times the bound in time a whole body may take that is read as it comes: a large file takes a while, but
/// nobody may keep a connection with single bytes.
const LONGEST: u32 = 20;

/// Bytes for which memory is taken before they have come.
const FORESEEN: usize = 1 << 20;

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    #[error("{0}")]
    Broken(String),
    #[error("the answer stopped coming")]
    Silent,
}

impl Unread {
    pub fn of(self, server: OwnedServerName) -> Error {
        let reason = self.to_string();
        match self {
            Self::TooLarge(_) => Error::BadAnswer { server, reason },
            Self::Broken(_) | Self::Silent => Error::Unreachable { server, reason },
        }
    }
}

/// Reads a body whole. What counts is its size after it was unpacked.
pub(super) async fn read(response: &mut Response, most: usize) -> Result<Vec<u8>, Unread> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if announced > most {
        return Err(Unread::TooLarge(most));
    }
    let mut body = Vec::with_capacity(announced.min(FORESEEN));
    while let Some(piece) = response.chunk().await.map_err(|error| Unread::Broken(reason(&error)))? {
        if body.len() + piece.len() > most {
            return Err(Unread::TooLarge(most));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The answer of another server, whose body is read piece by piece.
pub struct Answer {
    server: OwnedServerName,
    response: Response,
    most: usize,
    room: usize,
    patience: Duration,
    end: Instant,
}

impl Answer {
    pub(super) fn new(server: OwnedServerName, response: Response, bounds: Bounds) -> Result<Self> {
        let Bounds { bytes: most, time: patience } = bounds;
        if response.content_length().is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > most)) {
            return Err(Unread::TooLarge(most).of(server));
        }
        let end = Instant::now() + patience.saturating_mul(LONGEST);
        Ok(Self { server, response, most, room: most, patience, end })
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// [`Error::Unreachable`] for a connection that broke or fell silent, [`Error::BadAnswer`] for too many bytes.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let until = self.end.min(Instant::now() + self.patience);
        let piece = match timeout_at(until, self.response.chunk()).await {
            Ok(Ok(piece)) => piece,
            Ok(Err(error)) => return Err(Unread::Broken(reason(&error)).of(self.server.clone())),
            Err(_) => return Err(Unread::Silent.of(self.server.clone())),
        };
        let Some(piece) = piece else { return Ok(None) };
        match self.room.checked_sub(piece.len()) {
            Some(room) => self.room = room,
            None => return Err(Unread::TooLarge(self.most).of(self.server.clone())),
        }
        Ok(Some(piece))
    }
}

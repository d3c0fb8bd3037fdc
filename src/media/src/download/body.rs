//! The bytes of a file, piece by piece.

use std::{
    io::{self, Cursor, Read as _, Seek as _, SeekFrom},
    ops::Range,
};

use bytes::Bytes;
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{ContentHash, Error, Source, Storage};

/// Bytes of a piece. Twice as much is in memory at most: one piece is sent while the next is read.
const PIECE: u64 = 128 * 1_024;

/// A content that has been opened.
pub(crate) enum Opened {
    /// A small one, whole.
    Bytes(Bytes),
    /// A large one.
    File(Box<dyn Source>),
}

impl Opened {
    /// Opens a content that is in the database or else in the storage. Blocks.
    pub(crate) fn open(storage: &dyn Storage, bytes: Option<Vec<u8>>, hash: &[u8]) -> io::Result<Self> {
        match bytes {
            Some(bytes) => Ok(Self::Bytes(bytes.into())),
            None => {
                let hash = ContentHash::from_bytes(hash).ok_or(io::ErrorKind::InvalidData)?;
                Ok(Self::File(storage.open(&hash)?))
            }
        }
    }

    /// For decoders.
    pub(crate) fn into_source(self) -> Box<dyn Source> {
        match self {
            Self::Bytes(bytes) => Box::new(Cursor::new(bytes)),
            Self::File(source) => source,
        }
    }
}

/// A content that a row names and that the storage has not: it was lost, or is being deleted.
pub(super) fn missing(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        tracing::warn!("the file of a media row is not in the storage");
        return Error::NotFound;
    }
    error.into()
}

/// The bytes of a file, piece by piece.
pub struct Body {
    left: u64,
    runtime: Handle,
    content: State,
}

enum State {
    Bytes(Bytes),
    Reading(JoinHandle<io::Result<(Box<dyn Source>, Bytes)>>),
    Ended,
}

impl Body {
    pub(super) fn new(content: Opened, part: Range<u64>, runtime: Handle) -> Self {
        let left = part.end.saturating_sub(part.start);
        let content = match content {
            _ if left == 0 => State::Ended,
            Opened::Bytes(bytes) => {
                let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(bytes.len());
                State::Bytes(bytes.slice(at(part.start)..at(part.end)))
            }
            Opened::File(source) => State::Reading(runtime.spawn_blocking(move || {
                let mut source = source;
                source.seek(SeekFrom::Start(part.start))?;
                read(source, left)
            })),
        };
        Self { left, runtime, content }
    }

    /// How many bytes are still to come.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next piece; none at the end. After an error comes nothing more.
    pub async fn next(&mut self) -> Option<io::Result<Bytes>> {
        match std::mem::replace(&mut self.content, State::Ended) {
            State::Ended => None,
            State::Bytes(bytes) => {
                self.left = 0;
                Some(Ok(bytes))
            }
            State::Reading(reading) => match reading.await {
                Ok(Ok((source, piece))) => {
                    self.left = self.left.saturating_sub(piece.len() as u64);
                    if self.left > 0 {
                        let left = self.left;
                        self.content = State::Reading(self.runtime.spawn_blocking(move || read(source, left)));
                    }
                    Some(Ok(piece))
                }
                Ok(Err(error)) => Some(Err(error)),
                Err(_) => Some(Err(io::Error::other("reading a file panicked"))),
            },
        }
    }
}

/// Reads the next piece of `left` bytes.
fn read(mut source: Box<dyn Source>, left: u64) -> io::Result<(Box<dyn Source>, Bytes)> {
    let wanted = left.min(PIECE);
    let mut piece = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
    (&mut source).take(wanted).read_to_end(&mut piece)?;
    if piece.len() as u64 != wanted {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((source, piece.into()))
}

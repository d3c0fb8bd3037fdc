//! What callers are told once the chain is written.

use ruma::{OwnedEventId, OwnedRoomId};
use tokio::sync::oneshot;

use crate::{Error, Result, lane::Sent};

/// Where a caller waits.
pub(crate) type Reply<T> = oneshot::Sender<Result<T>>;

/// Where an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// At this position.
    Stored(i64),
    /// It is the new one of this index; its position is known when it is written.
    New(usize),
}

/// An event that is in the room, or will be when the chain is written.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub event_id: OwnedEventId,
    pub room_id: OwnedRoomId,
    pub at: At,
}

impl Placed {
    /// The same with its position; `positions` are those of the new events.
    pub fn sent(self, positions: &[i64]) -> Sent {
        let position = match self.at {
            At::Stored(position) => position,
            At::New(index) => positions.get(index).copied().unwrap_or_default(),
        };
        Sent { event_id: self.event_id, room_id: self.room_id, position }
    }
}

/// What one caller will be told.
pub(super) struct Answer(Box<dyn FnOnce(Written<'_>) + Send>);

/// The positions of the new events, or why they could not be written.
type Written<'a> = std::result::Result<&'a [i64], &'a Error>;

impl Answer {
    /// Tells `outcome` in the words of `tell`, once the positions are known. A refusal is told whether or not the chain
    /// could be written.
    pub fn new<P, T>(reply: Reply<T>, outcome: Result<P>, tell: impl FnOnce(P, &[i64]) -> T + Send + 'static) -> Self
    where
        P: Send + 'static,
        T: Send + 'static,
    {
        Self(Box::new(move |written| {
            let told = outcome.and_then(|outcome| match written {
                Ok(positions) => Ok(tell(outcome, positions)),
                Err(error) => Err(error.share()),
            });
            // A caller that has gone away no longer wants the answer.
            let _ = reply.send(told);
        }))
    }

    /// Tells it.
    pub fn tell(self, written: Written<'_>) {
        (self.0)(written);
    }
}

/// A caller's share of an error that concerns several.
impl Error {
    pub(crate) fn share(&self) -> Self {
        match self {
            Self::AliasInUse => Self::AliasInUse,
            Self::NotFound(text) => Self::NotFound(text.clone()),
            Self::UnsupportedRoomVersion(version) => Self::UnsupportedRoomVersion(version.clone()),
            Self::Store(error) => Self::Unavailable(error.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}

//! What callers are told once the chain is written.

use ruma::{OwnedEventId, OwnedRoomId};
use tokio::sync::oneshot;

use crate::{
    Error, Result,
    lane::{Job, Sent},
};

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

/// What one caller will be told, or the job for another attempt.
pub(super) struct Answer(Box<dyn FnOnce(Written<'_>) -> Option<Job> + Send>);

/// What became of a chain.
#[derive(Clone, Copy)]
pub(super) enum Written<'a> {
    /// It is stored, with its events at these positions.
    At(&'a [i64]),
    /// It could not be written.
    Failed(&'a Error),
    /// The room has moved on since the chain was begun: all of it is to be built again.
    Stale,
}

impl Answer {
    /// Tells `outcome` in the words of `tell`, once the positions are known. A refusal is told whether or not the chain
    /// could be written, unless it was founded on what holds no longer: then `job` makes the job of the reply again.
    pub fn new<P, T>(
        reply: Reply<T>,
        outcome: Result<P>,
        tell: impl FnOnce(P, &[i64]) -> T + Send + 'static,
        job: impl FnOnce(Reply<T>) -> Job + Send + 'static,
    ) -> Self
    where
        P: Send + 'static,
        T: Send + 'static,
    {
        Self(Box::new(move |written| {
            let told = match written {
                Written::Stale => return Some(job(reply)),
                Written::At(positions) => outcome.map(|outcome| tell(outcome, positions)),
                Written::Failed(error) => outcome.and_then(|_| Err(error.share())),
            };
            // A caller that has gone away no longer wants the answer.
            let _ = reply.send(told);
            None
        }))
    }

    /// Tells it; gives the job back where it must be built again.
    pub fn tell(self, written: Written<'_>) -> Option<Job> {
        (self.0)(written)
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
            Self::Unavailable(text) => Self::Unavailable(text.clone()),
            other => Self::Internal(other.to_string()),
        }
    }
}

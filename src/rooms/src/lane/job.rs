//! What waits for a lane.

use events::{EventBuilder, VerifiedPdu};

use crate::{
    Error,
    lane::{NewRoom, Proposal, Sent, answer::Reply},
    receive::Received,
};

/// What a lane is asked for.
pub(crate) struct Job {
    pub work: Work,
    /// Of the first job of a room: the room.
    pub new_room: Option<NewRoom>,
}

/// The work, and who waits for it.
pub(crate) enum Work {
    /// Events of our users, written together or not at all.
    Propose(Vec<Proposal>, Reply<Vec<Sent>>),
    /// An event that is not put into the room.
    Draft(Proposal, Reply<EventBuilder>),
    /// An event of another server.
    Receive(VerifiedPdu, Reply<Received>),
    /// Events that others were allowed by, without a place of their own in the room.
    Outliers(Vec<VerifiedPdu>, Reply<Vec<Received>>),
}

impl Job {
    /// Tells the caller that nothing comes of it.
    pub fn refuse(self, error: Error) {
        // A caller that has gone away no longer wants the answer.
        match self.work {
            Work::Propose(_, reply) => drop(reply.send(Err(error))),
            Work::Draft(_, reply) => drop(reply.send(Err(error))),
            Work::Receive(_, reply) => drop(reply.send(Err(error))),
            Work::Outliers(_, reply) => drop(reply.send(Err(error))),
        }
    }
}

//! What waits for a lane, and what the lane does with it.

use std::sync::Arc;

use events::{EventBuilder, VerifiedPdu};
use ruma::OwnedEventId;

use crate::{
    Error, Result,
    lane::{
        NewRoom, Placed, Proposal, Sent,
        answer::{Answer, Reply},
        chain::Building,
    },
    receive::{Added, Adoption, History, Received, Reception},
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
    /// An event of another server, and perhaps the ids of the state before it as another server tells it; whether the
    /// room's policy server was asked about it.
    Receive(VerifiedPdu, Option<Vec<OwnedEventId>>, bool, Reply<Received>),
    /// One that its server leaves to us to send to all the others.
    Relay(VerifiedPdu, bool, Reply<Received>),
    /// One that a server has sent which is not in the room.
    Outside(VerifiedPdu, bool, Reply<Received>),
    /// Events that others were allowed by, without a place of their own in the room.
    Outliers(Vec<VerifiedPdu>, Reply<Vec<Received>>),
    /// The whole of a room that one of our users has joined elsewhere.
    Adopt(Arc<Adoption>, Reply<Sent>),
    /// Older events.
    History(Arc<History>, Reply<Added>),
}

/// What becomes of a job.
pub(super) enum Step {
    Done(Answer),
    /// It needs something of this chain to be stored first.
    Later(Box<Job>),
}

impl Work {
    /// Whether nothing else can be in its chain.
    pub fn is_alone(&self) -> bool {
        matches!(self, Self::Outliers(..) | Self::Adopt(..) | Self::History(..))
    }
}

impl Job {
    /// Tells the caller that nothing comes of it.
    pub fn refuse(self, error: Error) {
        // A caller that has gone away no longer wants the answer.
        match self.work {
            Work::Propose(_, reply) => drop(reply.send(Err(error))),
            Work::Draft(_, reply) => drop(reply.send(Err(error))),
            Work::Receive(_, _, _, reply) => drop(reply.send(Err(error))),
            Work::Relay(_, _, reply) | Work::Outside(_, _, reply) => drop(reply.send(Err(error))),
            Work::Outliers(_, reply) => drop(reply.send(Err(error))),
            Work::Adopt(_, reply) => drop(reply.send(Err(error))),
            Work::History(_, reply) => drop(reply.send(Err(error))),
        }
    }
}

impl Building<'_> {
    /// Does one job.
    pub(super) fn job(&mut self, job: Job) -> Step {
        let Job { work, new_room } = job;
        let again = |work| Job { work, new_room };
        match work {
            Work::Propose(proposals, reply) => {
                let outcome = self.propose(&proposals);
                step(reply, outcome, sent, |reply| again(Work::Propose(proposals, reply)))
            }
            Work::Draft(proposal, reply) => {
                let outcome = self.draft(&proposal).map(Some);
                step(reply, outcome, |builder, _| builder, |reply| again(Work::Draft(proposal, reply)))
            }
            Work::Receive(pdu, told, asked, reply) => {
                self.asked = asked;
                let outcome = self.receive(&pdu, told.as_deref());
                step(reply, outcome, Reception::told, move |reply| again(Work::Receive(pdu, told, asked, reply)))
            }
            Work::Relay(pdu, asked, reply) => {
                self.asked = asked;
                let outcome = self.relay(&pdu);
                step(reply, outcome, Reception::told, move |reply| again(Work::Relay(pdu, asked, reply)))
            }
            Work::Outside(pdu, asked, reply) => {
                self.asked = asked;
                let outcome = self.receive_from_outside(&pdu);
                step(reply, outcome, Reception::told, move |reply| again(Work::Outside(pdu, asked, reply)))
            }
            Work::Outliers(pdus, reply) => {
                let outcome = self.outliers(&pdus).map(Some);
                let tell = |receptions: Vec<Reception>, positions: &[i64]| {
                    receptions.into_iter().map(|reception| reception.told(positions)).collect()
                };
                step(reply, outcome, tell, |reply| again(Work::Outliers(pdus, reply)))
            }
            Work::Adopt(adoption, reply) => {
                let outcome = self.adopt(&adoption);
                step(reply, outcome, Placed::sent, |reply| again(Work::Adopt(adoption, reply)))
            }
            Work::History(history, reply) => {
                let outcome = self.history(&history).map(Some);
                step(reply, outcome, |added, _| added, |reply| again(Work::History(history, reply)))
            }
        }
    }
}

fn sent(placed: Vec<Placed>, positions: &[i64]) -> Vec<Sent> {
    placed.into_iter().map(|placed| placed.sent(positions)).collect()
}

/// The answer to an outcome. None of it: the job made `again`, for the next chain.
fn step<P, T>(
    reply: Reply<T>,
    outcome: Result<Option<P>>,
    tell: impl FnOnce(P, &[i64]) -> T + Send + 'static,
    again: impl FnOnce(Reply<T>) -> Job + Send + 'static,
) -> Step
where
    P: Send + 'static,
    T: Send + 'static,
{
    match outcome.transpose() {
        None => Step::Later(Box::new(again(reply))),
        Some(outcome) => Step::Done(Answer::new(reply, outcome, tell, again)),
    }
}

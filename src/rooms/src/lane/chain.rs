//! Builds what waits for a room as one chain of events.

use std::collections::HashMap;

use events::Pdu;
use ruma::{OwnedEventId, events::StateEventType};
use store::{
    Conn,
    rooms::{Append, extremities_to_text},
    state::NodeWriter,
};

use crate::{
    Result, Rooms,
    lane::{Head, Job, Numbered, Placed, Proposal, Work, answer::Answer, auth_chain::ChainIndex},
    receive::Reception,
};

/// A chain that was built.
pub(crate) struct Chain {
    /// The head after it.
    pub head: Head,
    /// What to write; none if every job was refused or a repetition.
    pub append: Option<Append>,
    pub(super) answers: Vec<Answer>,
    /// The new state events, for the cache.
    pub pdus: Vec<(i64, Pdu)>,
}

/// A chain under construction.
pub(crate) struct Building<'a> {
    pub rooms: &'a Rooms,
    pub nodes: NodeWriter<'a>,
    pub head: Head,
    pub append: Append,
    /// New state events by number; the chain may need them before they are stored.
    pub pdus: HashMap<i64, Pdu>,
    /// New events by id.
    pub ids: HashMap<OwnedEventId, usize>,
    pub(super) chains: ChainIndex,
}

/// What becomes of a job.
enum Step {
    Done(Answer),
    /// It needs something of this chain to be stored first.
    Later(Job),
}

impl Chain {
    /// Builds the jobs in order. Gives back those that must wait for the next chain. If it fails, all jobs are still
    /// in `jobs`.
    pub(super) fn build(
        rooms: &Rooms,
        conn: &mut Conn,
        room: i64,
        head: Option<Head>,
        jobs: &mut Option<Vec<Job>>,
    ) -> Result<(Self, Vec<Job>)> {
        let new = jobs.iter().flatten().find_map(|job| job.new_room.as_ref());
        let head = match (head, new) {
            (Some(head), _) => head,
            (None, Some(new)) => Head::empty(room, new)?,
            (None, None) => Head::load(conn, &rooms.inner.events, room)?,
        };
        let mut building = Building::begin(rooms, conn, head);
        building.append.aliases = new.map(|new| new.aliases.clone()).unwrap_or_default();
        let mut answers = Vec::new();
        let mut left = Vec::new();
        let mut queue = jobs.take().unwrap_or_default().into_iter();
        for job in queue.by_ref() {
            match building.job(job) {
                Step::Done(answer) => answers.push(answer),
                Step::Later(job) => {
                    left.push(job);
                    break;
                }
            }
            // Outliers take positions of their own kind, so nothing else comes with them.
            if building.append.backfilled {
                break;
            }
        }
        left.extend(queue);
        Ok((building.finish(answers), left))
    }
}

impl<'a> Building<'a> {
    /// A chain with nothing in it yet.
    pub(crate) fn begin(rooms: &'a Rooms, conn: &'a mut Conn, head: Head) -> Self {
        let append = Append::new(head.room.clone());
        let nodes = NodeWriter::new(conn, &rooms.inner.nodes, &rooms.inner.store);
        let (pdus, ids, chains) = (HashMap::new(), HashMap::new(), ChainIndex::default());
        Self { rooms, nodes, head, append, pdus, ids, chains }
    }

    fn job(&mut self, job: Job) -> Step {
        let Job { work, new_room } = job;
        match work {
            Work::Propose(proposals, reply) => match self.propose(&proposals) {
                Ok(None) => Step::Later(Job { work: Work::Propose(proposals, reply), new_room }),
                outcome => {
                    let placed = outcome.map(Option::unwrap_or_default);
                    let tell = |placed: Vec<Placed>, positions: &[i64]| {
                        placed.into_iter().map(|placed| placed.sent(positions)).collect()
                    };
                    let job = |reply| Job { work: Work::Propose(proposals, reply), new_room };
                    Step::Done(Answer::new(reply, placed, tell, job))
                }
            },
            Work::Draft(proposal, reply) => {
                let draft = self.draft(&proposal);
                let job = |reply| Job { work: Work::Draft(proposal, reply), new_room };
                Step::Done(Answer::new(reply, draft, |builder, _| builder, job))
            }
            Work::Receive(pdu, reply) => {
                let reception = match self.receive(&pdu) {
                    Ok(None) => return Step::Later(Job { work: Work::Receive(pdu, reply), new_room }),
                    Ok(Some(reception)) => Ok(reception),
                    Err(error) => Err(error),
                };
                let job = |reply| Job { work: Work::Receive(pdu, reply), new_room };
                Step::Done(Answer::new(reply, reception, Reception::told, job))
            }
            Work::Outliers(pdus, reply) if !self.append.events.is_empty() => {
                Step::Later(Job { work: Work::Outliers(pdus, reply), new_room })
            }
            Work::Outliers(pdus, reply) => {
                let receptions = self.outliers(&pdus);
                let tell = |receptions: Vec<Reception>, positions: &[i64]| {
                    receptions.into_iter().map(|reception| reception.told(positions)).collect()
                };
                let job = |reply| Job { work: Work::Outliers(pdus, reply), new_room };
                Step::Done(Answer::new(reply, receptions, tell, job))
            }
        }
    }

    /// Builds events of our users; if one is refused, none of them stays. Nothing, if they must wait for the next chain.
    fn propose(&mut self, proposals: &[Proposal]) -> Result<Option<Vec<Placed>>> {
        // What this chain brings can be redacted only once it is stored.
        if proposals.iter().filter_map(|proposal| proposal.redacts.as_ref()).any(|target| self.ids.contains_key(target))
        {
            return Ok(None);
        }
        // A single event changes nothing before all checks have passed.
        let before = (proposals.len() > 1).then(|| self.mark());
        let placed = proposals.iter().map(|proposal| self.event(proposal)).collect::<Result<_>>();
        match placed {
            Ok(placed) => Ok(Some(placed)),
            Err(error) => {
                if let Some(before) = before {
                    self.undo(before);
                }
                Err(error)
            }
        }
    }

    /// What holds a key of the state of this root.
    pub(crate) fn state(
        &mut self,
        root: i64,
        event_type: &StateEventType,
        state_key: &str,
    ) -> Result<Option<Numbered>> {
        let current = root == self.head.room.state;
        let key = (event_type.clone(), state_key.to_owned());
        if current && let Some(holder) = self.head.known(&key) {
            return Ok(holder);
        }
        let holder = match self.rooms.state_key(self.nodes.conn(), &event_type.to_string(), state_key)? {
            Some(nid) => store::state::get(&mut self.nodes, root, nid)?,
            None => None,
        };
        let holder = match holder {
            Some(nid) => Some(Numbered { nid, pdu: self.pdu(nid)? }),
            None => None,
        };
        if current {
            self.head.remember(key, holder.clone());
        }
        Ok(holder)
    }

    fn finish(self, answers: Vec<Answer>) -> Chain {
        let Self { nodes, mut head, mut append, pdus, .. } = self;
        let nids: Vec<i64> = head.extremities.iter().map(|extremity| extremity.nid).collect();
        head.room.extremities = extremities_to_text(&nids);
        append.room = head.room.clone();
        append.nodes = nodes.into_rows();
        if !append.redactions.is_empty() {
            // What was remembered in this chain may be the text that has just gone.
            head.forget();
        }
        if append.events.is_empty() {
            // What refused events were resolved to is not stored with anything.
            head.forget_resolved();
        }
        let append = (!append.events.is_empty()).then_some(append);
        Chain { head, append, answers, pdus: pdus.into_iter().collect() }
    }
}

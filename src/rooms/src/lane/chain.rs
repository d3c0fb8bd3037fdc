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
    Error, Result, Rooms,
    lane::{Head, Job, Numbered, Placed, Proposal, answer::Answer, auth_chain::ChainIndex, costs::Costs, job::Step},
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
    /// Whether the policy server was asked about the event that is being received.
    pub asked: bool,
    /// For what resolutions take.
    pub(crate) costs: Costs,
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
            // What another attempt to make the room has left says nothing.
            (Some(head), None) => head,
            (Some(head), Some(_)) if head.room.revision > 0 => head,
            (_, Some(new)) => Head::of_new(conn, &rooms.inner.events, room, new)?,
            (None, None) => Head::load(conn, &rooms.inner.events, room)?,
        };
        let mut building = Building::begin(rooms, conn, head);
        building.append.aliases = new.map(|new| new.aliases.clone()).unwrap_or_default();
        let mut answers = Vec::new();
        let mut left = Vec::new();
        let mut queue = jobs.take().unwrap_or_default().into_iter();
        for job in queue.by_ref() {
            let alone = job.work.is_alone();
            if alone && !building.append.events.is_empty() {
                left.push(job);
                break;
            }
            match building.job(job) {
                Step::Done(answer) => answers.push(answer),
                Step::Later(job) => {
                    left.push(*job);
                    break;
                }
            }
            if alone {
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
        Self { rooms, nodes, head, append, pdus, ids, chains, asked: true, costs: Costs::default() }
    }

    /// Builds events of our users; if one is refused, none of them stays. Nothing, if they must wait for the next chain.
    pub(super) fn propose(&mut self, proposals: &[Proposal]) -> Result<Option<Vec<Placed>>> {
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
                Err(match error {
                    Error::Unasked(unasked) => Error::Unproposed(proposals.to_vec(), unasked),
                    error => error,
                })
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
        head.shared |= append.memberships.iter().any(|change| !change.local);
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

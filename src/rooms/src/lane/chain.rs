//! Builds what waits for a room as one chain of events.

use std::{collections::HashMap, sync::Arc};

use events::Pdu;
use ruma::{OwnedEventId, events::StateEventType};
use store::{
    Conn,
    rooms::{Append, EventRow, extremities_to_text},
    state::NodeWriter,
};
use tokio::sync::oneshot;

use crate::{
    Error, Result, Rooms,
    lane::{Head, Job, Proposal, Sent, head::Numbered},
};

/// What one caller is told once the chain is written. A position below zero in it stands for the new event of index
/// `-position - 1`, whose place is not known yet.
pub(crate) struct Answer {
    pub reply: oneshot::Sender<Result<Vec<Sent>>>,
    pub outcome: Result<Vec<Sent>>,
}

/// A chain that was built.
pub(crate) struct Chain {
    /// The head after it.
    pub head: Head,
    /// What to write; none if every job was refused or a repetition.
    pub append: Option<Append>,
    pub answers: Vec<Answer>,
    /// The new state events, for the cache.
    pub pdus: Vec<(i64, Pdu)>,
}

/// A chain under construction.
pub(super) struct Building<'a> {
    pub rooms: &'a Rooms,
    pub nodes: NodeWriter<'a>,
    pub head: Head,
    pub append: Append,
    /// New state events by number; the chain may need them before they are stored.
    pub pdus: HashMap<i64, Pdu>,
    /// New events by id.
    pub ids: HashMap<OwnedEventId, usize>,
}

/// What becomes of a job.
enum Step {
    Done(Vec<Sent>),
    /// It needs something of this chain to be stored first.
    Later,
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
        let aliases = new.map(|new| new.aliases.clone()).unwrap_or_default();
        let append = Append {
            built_on: head.room.revision,
            room: head.room.clone(),
            events: Vec::new(),
            changes: Vec::new(),
            memberships: Vec::new(),
            nodes: Vec::new(),
            redactions: Vec::new(),
            pending_redactions: Vec::new(),
            auth_chains: Vec::new(),
            auth_chain_links: Vec::new(),
            aliases,
            backfilled: false,
        };
        let nodes = NodeWriter::new(conn, &rooms.inner.nodes, &rooms.inner.store);
        let mut building = Building { rooms, nodes, head, append, pdus: HashMap::new(), ids: HashMap::new() };
        let mut answers = Vec::new();
        let mut queue = jobs.take().unwrap_or_default().into_iter();
        let mut left = Vec::new();
        for job in queue.by_ref() {
            match building.job(&job.proposals) {
                Ok(Step::Done(sent)) => answers.push(Answer { reply: job.reply, outcome: Ok(sent) }),
                Ok(Step::Later) => {
                    left.push(job);
                    break;
                }
                Err(error) => answers.push(Answer { reply: job.reply, outcome: Err(error) }),
            }
        }
        left.extend(queue);
        Ok((building.finish(answers), left))
    }
}

impl Building<'_> {
    /// Builds one job; if one of its proposals is refused, none of them stays.
    fn job(&mut self, proposals: &[Proposal]) -> Result<Step> {
        // A single event changes nothing before all checks have passed.
        let before = (proposals.len() > 1).then(|| (self.head.clone(), Marks::of(&self.append)));
        let mut sent = Vec::with_capacity(proposals.len());
        for proposal in proposals {
            if proposal.redacts.as_ref().is_some_and(|target| self.ids.contains_key(target)) {
                self.undo(before);
                return Ok(Step::Later);
            }
            match self.event(proposal) {
                Ok(event) => sent.push(event),
                Err(error) => {
                    self.undo(before);
                    return Err(error);
                }
            }
        }
        Ok(Step::Done(sent))
    }

    fn undo(&mut self, before: Option<(Head, Marks)>) {
        let Some((head, marks)) = before else { return };
        self.head = head;
        marks.restore(&mut self.append);
        let events = self.append.events.len();
        self.ids.retain(|_, index| *index < events);
    }

    /// The event of this number, whether stored or new.
    pub(super) fn pdu(&mut self, nid: i64) -> Result<Pdu> {
        match self.pdus.get(&nid) {
            Some(pdu) => Ok(pdu.clone()),
            None => self.rooms.inner.events.pdu(self.nodes.conn(), nid, self.head.rules),
        }
    }

    /// What holds a key of the state here.
    pub(super) fn state(&mut self, event_type: &StateEventType, state_key: &str) -> Result<Option<Numbered>> {
        let key = (event_type.clone(), state_key.to_owned());
        if let Some(holder) = self.head.known(&key) {
            return Ok(holder);
        }
        let holder = match self.rooms.state_key(self.nodes.conn(), &event_type.to_string(), state_key)? {
            Some(nid) => store::state::get(&mut self.nodes, self.head.room.state, nid)?,
            None => None,
        };
        let holder = match holder {
            Some(nid) => Some(Numbered { nid, pdu: self.pdu(nid)? }),
            None => None,
        };
        self.head.remember(key, holder.clone());
        Ok(holder)
    }

    fn finish(self, answers: Vec<Answer>) -> Chain {
        let Self { nodes, mut head, mut append, pdus, .. } = self;
        let nids: Vec<i64> = head.extremities.iter().map(|extremity| extremity.nid).collect();
        head.room.extremities = extremities_to_text(&nids);
        append.room = head.room.clone();
        append.nodes = nodes.into_rows();
        let append = (!append.events.is_empty()).then_some(append);
        Chain { head, append, answers, pdus: pdus.into_iter().collect() }
    }

    /// Adds a finished row; says which index it has.
    pub(super) fn push(&mut self, row: EventRow, event_id: OwnedEventId) -> usize {
        let index = self.append.events.len();
        self.ids.insert(event_id, index);
        self.append.events.push(Arc::new(row));
        index
    }
}

/// How long the lists of an append were, so that a refused job can be taken out again.
struct Marks {
    events: usize,
    changes: usize,
    memberships: usize,
    redactions: usize,
    auth_chains: usize,
    auth_chain_links: usize,
}

impl Marks {
    fn of(append: &Append) -> Self {
        Self {
            events: append.events.len(),
            changes: append.changes.len(),
            memberships: append.memberships.len(),
            redactions: append.redactions.len(),
            auth_chains: append.auth_chains.len(),
            auth_chain_links: append.auth_chain_links.len(),
        }
    }

    fn restore(&self, append: &mut Append) {
        append.events.truncate(self.events);
        append.changes.truncate(self.changes);
        append.memberships.truncate(self.memberships);
        append.redactions.truncate(self.redactions);
        append.auth_chains.truncate(self.auth_chains);
        append.auth_chain_links.truncate(self.auth_chain_links);
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

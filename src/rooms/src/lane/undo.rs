//! Taking a refused job out of a chain again.

use store::rooms::Append;

use crate::lane::{Head, chain::Building};

/// Where a chain stood before a job of several events.
pub(crate) struct Before {
    head: Head,
    marks: Marks,
}

/// How long the lists of an append were.
struct Marks {
    events: usize,
    changes: usize,
    memberships: usize,
    redactions: usize,
    pending_redactions: usize,
    placed: usize,
    relations: usize,
    auth_chains: usize,
    auth_chain_links: usize,
    gaps: usize,
    filled: usize,
    outgoing: usize,
}

impl Building<'_> {
    /// Remembers where the chain stands.
    pub(crate) fn mark(&self) -> Before {
        Before { head: self.head.clone(), marks: Marks::of(&self.append) }
    }

    /// Goes back to there.
    pub(crate) fn undo(&mut self, before: Before) {
        self.head = before.head;
        before.marks.restore(&mut self.append);
        let events = self.append.events.len();
        self.ids.retain(|_, index| *index < events);
        self.chains.forget(&self.append.auth_chains);
    }
}

impl Marks {
    fn of(append: &Append) -> Self {
        Self {
            events: append.events.len(),
            changes: append.changes.len(),
            memberships: append.memberships.len(),
            redactions: append.redactions.len(),
            pending_redactions: append.pending_redactions.len(),
            placed: append.placed.len(),
            relations: append.relations.len(),
            auth_chains: append.auth_chains.len(),
            auth_chain_links: append.auth_chain_links.len(),
            gaps: append.gaps.len(),
            filled: append.filled.len(),
            outgoing: append.outgoing.len(),
        }
    }

    fn restore(&self, append: &mut Append) {
        append.events.truncate(self.events);
        append.changes.truncate(self.changes);
        append.memberships.truncate(self.memberships);
        append.redactions.truncate(self.redactions);
        append.pending_redactions.truncate(self.pending_redactions);
        append.placed.truncate(self.placed);
        append.relations.truncate(self.relations);
        append.push.truncate(self.events);
        append.auth_chains.truncate(self.auth_chains);
        append.auth_chain_links.truncate(self.auth_chain_links);
        append.gaps.truncate(self.gaps);
        append.filled.truncate(self.filled);
        append.outgoing.truncate(self.outgoing);
    }
}

//! The state beside each timeline.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use quick_cache::{Weighter, sync::Cache};
use store::{
    state::{Load, NodeReader, entries},
    sync::basic_state,
};

use super::{
    Task, Work,
    changes::{Change, Key, by_key},
};
use crate::Result;

const MEMBER: &str = "m.room.member";
/// Bytes of states without members that are kept.
const BYTES: u64 = 4 << 20;

/// An entry of a state: type, state key, event number.
type Entry = (Box<str>, Box<str>, i64);

#[derive(Clone)]
struct Bytes;
impl Weighter<i64, Arc<[Entry]>> for Bytes {
    fn weight(&self, _: &i64, entries: &Arc<[Entry]>) -> u64 {
        64 + entries.iter().map(|(event_type, key, _)| 72 + (event_type.len() + key.len()) as u64).sum::<u64>()
    }
}

/// States without their members, by root. A root means the same state for ever.
pub(crate) struct BasicStates {
    states: Cache<i64, Arc<[Entry]>, Bytes>,
}

impl Default for BasicStates {
    fn default() -> Self {
        Self { states: Cache::with_weighter(4_096, BYTES, Bytes) }
    }
}

impl Work<'_> {
    /// Chooses and loads the events of the state sections.
    pub(super) fn read_states(&mut self, tasks: &mut [Task]) -> Result<()> {
        let whole = self.whole_states(tasks)?;
        let mut chosen: Vec<Vec<i64>> = Vec::with_capacity(tasks.len());
        for task in tasks.iter() {
            let changes = by_key(&task.deltas, task.start());
            let mut nids = match whole.get(&task.root) {
                Some(state) if task.full && !task.outside => self.whole(task, state, &changes),
                _ => self.changed(task, &changes),
            };
            if self.question.filter.lazy_members && !task.outside {
                let members = self.members_for(task, &changes)?;
                nids.extend(members);
            }
            nids.sort_unstable();
            nids.dedup();
            chosen.push(nids);
        }
        self.load(chosen.iter().flatten().copied())?;
        let filter = self.question.filter.clone();
        for (task, nids) in tasks.iter_mut().zip(chosen) {
            if !filter.state.allows_room(&task.room.room_id) {
                continue;
            }
            let events = nids.into_iter().filter_map(|nid| self.loaded.get(nid));
            task.state = events.filter(|event| filter.state.allows(event)).cloned().collect();
        }
        Ok(())
    }

    /// The event that a section holds for a key.
    ///
    /// Beside a timeline that does not speak of the key, the state at the start is told as it is at the end: there is
    /// no other place to tell what state resolution changed, or what the filter took out of the timeline.
    pub(super) fn told(&self, task: &Task, key: Key<'_>, change: Change) -> Option<i64> {
        let in_timeline = || {
            let mut events = task.timeline.iter().map(|seen| &seen.event);
            events.any(|event| *event.event_type == *key.0 && event.state_key.as_deref() == Some(key.1))
        };
        if self.question.form.is_after() || !in_timeline() { change.end } else { change.start }
    }

    /// What of a whole state is told.
    fn whole(&self, task: &Task, state: &[Entry], changes: &HashMap<Key<'_>, Change>) -> Vec<i64> {
        let mut nids = Vec::with_capacity(state.len());
        let lazy = self.question.filter.lazy_members;
        for (event_type, state_key, nid) in state {
            if !changes.contains_key(&(&**event_type, &**state_key)) {
                nids.push(*nid);
            }
        }
        for (key, change) in changes {
            let told = self.told(task, *key, *change);
            // A member whom the client may know is told if anything is new.
            let lazily = lazy && key.0 == MEMBER;
            nids.extend(told.filter(|nid| !lazily || (!task.newly && Some(*nid) != change.first)));
        }
        nids
    }

    /// What of the changes is told.
    fn changed(&self, task: &Task, changes: &HashMap<Key<'_>, Change>) -> Vec<i64> {
        let told = |(key, change): (&Key<'_>, &Change)| {
            self.told(task, *key, *change).filter(|nid| Some(*nid) != change.first)
        };
        changes.iter().filter_map(told).collect()
    }

    /// The states at the ends of the rooms whose whole state is told, by root; with lazy members without the members.
    fn whole_states(&mut self, tasks: &[Task]) -> Result<HashMap<i64, Arc<[Entry]>>> {
        let full: Vec<&Task> = tasks.iter().filter(|task| task.full && !task.outside).collect();
        let mut states = HashMap::with_capacity(full.len());
        if self.question.filter.lazy_members {
            let (current, past): (Vec<&Task>, Vec<&Task>) =
                full.into_iter().partition(|task| task.root == task.room.state);
            self.basics(&current, &mut states)?;
            for task in past {
                let mut state = self.entries(task)?;
                state.retain(|(event_type, ..)| &**event_type != MEMBER);
                states.insert(task.root, state.into());
            }
            return Ok(states);
        }
        // One query for the roots of all; most states are no larger.
        let roots: Vec<i64> = full.iter().map(|task| task.root).filter(|root| *root != store::state::EMPTY).collect();
        NodeReader::new(self.conn.open()?, self.sources.rooms.nodes()).load_all(&roots)?;
        let mut nids = Vec::new();
        let mut held = Vec::with_capacity(full.len());
        for task in &full {
            let state = entries(&mut NodeReader::new(self.conn.open()?, self.sources.rooms.nodes()), task.root)?;
            nids.extend(state.iter().map(|(_, nid)| *nid));
            held.push((task.root, state));
        }
        self.load(nids)?;
        for (root, state) in held {
            states.insert(root, self.named(state.iter().map(|(_, nid)| *nid)).into());
        }
        Ok(states)
    }

    fn named(&self, nids: impl Iterator<Item = i64>) -> Vec<Entry> {
        let events = nids.filter_map(|nid| self.loaded.get(nid));
        events.filter_map(|event| Some((event.event_type.clone(), event.state_key.clone()?, event.nid))).collect()
    }

    fn entries(&mut self, task: &Task) -> Result<Vec<Entry>> {
        let state = entries(&mut NodeReader::new(self.conn.open()?, self.sources.rooms.nodes()), task.root)?;
        self.load(state.iter().map(|(_, nid)| *nid))?;
        Ok(self.named(state.iter().map(|(_, nid)| *nid)))
    }

    /// The current states without the members.
    fn basics(&mut self, tasks: &[&Task], states: &mut HashMap<i64, Arc<[Entry]>>) -> Result<()> {
        let cache = &self.sources.basics.states;
        let mut missing = Vec::new();
        let mut roots = HashMap::new();
        for task in tasks {
            match cache.get(&task.root) {
                Some(state) => {
                    states.insert(task.root, state);
                }
                None => {
                    missing.push(task.room.nid);
                    roots.insert(task.room.nid, task.root);
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let mut read: HashMap<i64, Vec<Entry>> = missing.iter().map(|room| (*room, Vec::new())).collect();
        for (room, event_type, state_key, nid) in basic_state(self.conn.open()?, &missing)? {
            read.entry(room).or_default().push((event_type.into(), state_key.into(), nid));
        }
        for (room, state) in read {
            let Some(root) = roots.get(&room) else { continue };
            let state: Arc<[Entry]> = state.into();
            cache.insert(*root, state.clone());
            states.insert(*root, state);
        }
        Ok(())
    }

    /// Whose events stand in a timeline.
    pub(super) fn senders(task: &Task) -> HashSet<&str> {
        task.timeline.iter().map(|seen| &*seen.event.sender).collect()
    }
}

//! How the current state of each room changed within what is told.

use std::collections::HashMap;

use store::sync::{DeltaRow, deltas};

use super::{Task, Work};
use crate::Result;

/// One key of the state: event type and state key.
pub(super) type Key<'a> = (&'a str, &'a str);

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The event that held it at first.
    pub first: Option<i64>,
    /// The event that held it where the timeline starts.
    pub start: Option<i64>,
    /// The event that holds it at the end.
    pub end: Option<i64>,
}

/// What became of each key, by these changes in their order, with a timeline that starts at `start`.
pub(super) fn by_key(deltas: &[DeltaRow], start: i64) -> HashMap<Key<'_>, Change> {
    let mut keys: HashMap<Key<'_>, Change> = HashMap::with_capacity(deltas.len());
    for delta in deltas {
        let key = (delta.event_type.as_str(), delta.state_key.as_str());
        let change =
            keys.entry(key).or_insert(Change { first: delta.replaced, start: delta.replaced, end: delta.replaced });
        change.end = delta.event;
        if delta.position < start {
            change.start = delta.event;
        }
    }
    keys
}

impl Work<'_> {
    /// Reads the changes of all rooms: where the client knows nothing of a room, from the start of the timeline on,
    /// else from where it stands.
    pub(super) fn read_changes(&mut self, tasks: &mut [Task]) -> Result<()> {
        let mut since: HashMap<(i64, i64), Vec<i64>> = HashMap::new();
        for task in tasks.iter_mut().filter(|task| !task.outside && task.span.after < task.span.upto) {
            if !task.newly && !self.sources.follower.lately.state_changed(task.room.nid, task.span.after, self.end) {
                continue;
            }
            if !task.newly {
                since.entry((task.span.after, task.span.upto)).or_default().push(task.room.nid);
            } else if let Some(changes) = self.changes_of_timeline(task) {
                task.deltas = changes;
            } else {
                task.deltas = deltas(self.conn.open()?, &[task.room.nid], task.start() - 1, task.span.upto)?;
            }
        }
        let mut by_room: HashMap<i64, Vec<DeltaRow>> = HashMap::new();
        for ((after, upto), rooms) in since {
            for delta in deltas(self.conn.open()?, &rooms, after, upto)? {
                by_room.entry(delta.room).or_default().push(delta);
            }
        }
        for task in tasks.iter_mut().filter(|task| !task.newly) {
            task.deltas = by_room.remove(&task.room.nid).unwrap_or_default();
        }
        Ok(())
    }

    /// The changes since the start of the timeline, read from the events themselves: possible where each stands on the
    /// one before it and the last one on nothing else, so that state resolution had no say. That is nearly always.
    fn changes_of_timeline(&self, task: &Task) -> Option<Vec<DeltaRow>> {
        let start = task.start();
        let mut after = task.root;
        let mut changes = Vec::new();
        for (position, nid) in task.arrivals.iter().take_while(|(position, _)| *position >= start) {
            let event = self.loaded.get(*nid)?;
            if !event.visible || event.state_after != after {
                return None;
            }
            after = event.state_before;
            if let Some(state_key) = &event.state_key {
                changes.push(DeltaRow {
                    room: task.room.nid,
                    position: *position,
                    event_type: event.event_type.to_string(),
                    state_key: state_key.to_string(),
                    event: Some(*nid),
                    replaced: event.replaces,
                });
            }
        }
        changes.reverse();
        Some(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_change_before_the_timeline_counts() {
        let delta = |position, event, replaced| DeltaRow {
            room: 1,
            position,
            event_type: "t".to_owned(),
            state_key: String::new(),
            event,
            replaced,
        };
        let deltas = [delta(3, Some(30), None), delta(5, Some(50), Some(30)), delta(7, None, Some(50))];
        let change = |start| by_key(&deltas, start)[&("t", "")];
        assert_eq!(change(3), Change { first: None, start: None, end: None });
        assert_eq!(change(5), Change { first: None, start: Some(30), end: None });
        assert_eq!(change(9), Change { first: None, start: None, end: None });
    }
}

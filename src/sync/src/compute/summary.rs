//! The summary of a room: by whom it can be called, and how many are in it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use quick_cache::sync::Cache;
use store::{
    rooms::Membership,
    sync::{DeltaRow, heroes},
};

use super::{Section, Task, Work};
use crate::Result;

/// Heroes of a room (client-server § GET /sync, `m.heroes`).
const HEROES: usize = 5;
/// Summaries that are kept, about 500 bytes each.
const KEPT: usize = 4_096;

/// What a room can be called by.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// The first members who are joined or invited, one more than are told, for nobody is told of themselves.
    present: Vec<(String, i64)>,
    /// Where there is hardly anybody: the first who left or were banned.
    gone: Vec<(String, i64)>,
    /// Whether the room has a name or an alias, so that nobody needs to call it by its members.
    named: bool,
}

impl Summary {
    /// The heroes for this user, with the numbers of their membership events.
    pub fn heroes<'s>(&'s self, user_id: &'s str) -> impl Iterator<Item = (&'s str, i64)> {
        let others = move |list: &'s [(String, i64)]| list.iter().filter(move |(user, _)| user != user_id);
        let list = if others(&self.present).next().is_some() { &self.present } else { &self.gone };
        let most = if self.named { 0 } else { HEROES };
        others(list).map(|(user, nid)| (user.as_str(), *nid)).take(most)
    }

    /// Whether heroes are to be told.
    pub fn tells_heroes(&self) -> bool {
        !self.named
    }
}

/// Summaries by the root of the state from which they follow.
pub(crate) struct Summaries {
    kept: Cache<i64, Arc<Summary>>,
}

impl Default for Summaries {
    fn default() -> Self {
        Self { kept: Cache::new(KEPT) }
    }
}

impl Work<'_> {
    /// Reads the summaries of rooms that are new to the client or whose summary has changed.
    pub(super) fn read_summaries(&mut self, tasks: &mut [Task]) -> Result<()> {
        let nids: Vec<i64> =
            tasks.iter().filter(|task| !task.full).flat_map(|task| memberships(&task.deltas)).collect();
        self.load(nids)?;
        let mut wanted: Vec<&mut Task> = tasks
            .iter_mut()
            .filter(|task| task.section == Section::Join && (task.full || self.changes_summary(&task.deltas)))
            .collect();
        let kept = &self.sources.summaries.kept;
        wanted.iter_mut().for_each(|task| task.summary = kept.get(&task.root));
        let missing: Vec<(i64, i64)> =
            wanted.iter().filter(|task| task.summary.is_none()).map(|task| (task.room.nid, task.root)).collect();
        let mut made = self.make_summaries(&missing)?;
        for task in wanted.iter_mut().filter(|task| task.summary.is_none()) {
            task.summary = made.remove(&task.root);
        }
        Ok(())
    }

    fn make_summaries(&mut self, rooms: &[(i64, i64)]) -> Result<HashMap<i64, Arc<Summary>>> {
        let nids: Vec<i64> = rooms.iter().map(|(room, _)| *room).collect();
        let mut present = self.first_members(&nids, [Membership::Join, Membership::Invite])?;
        let few = |list: Option<&Vec<_>>| list.is_none_or(|list| list.len() <= 1);
        let lonely: Vec<i64> = nids.iter().copied().filter(|room| few(present.get(room))).collect();
        let mut gone = self.first_members(&lonely, [Membership::Leave, Membership::Ban])?;
        let mut made = HashMap::with_capacity(rooms.len());
        for (room, root) in rooms {
            let summary = Arc::new(Summary {
                present: present.remove(room).unwrap_or_default(),
                gone: gone.remove(room).unwrap_or_default(),
                named: self.says(*root, "m.room.name", "name")?
                    || self.says(*root, "m.room.canonical_alias", "alias")?,
            });
            self.sources.summaries.kept.insert(*root, summary.clone());
            made.insert(*root, summary);
        }
        Ok(made)
    }

    /// The first members of either kind, in the order in which they came to it.
    fn first_members(&mut self, rooms: &[i64], kinds: [Membership; 2]) -> Result<HashMap<i64, Vec<(String, i64)>>> {
        if rooms.is_empty() {
            return Ok(HashMap::new());
        }
        let mut found: HashMap<i64, Vec<(i64, String, i64)>> = HashMap::new();
        for kind in kinds {
            for (room, user, event, position) in heroes(self.conn, rooms, kind, HEROES + 1)? {
                found.entry(room).or_default().push((position, user, event));
            }
        }
        let in_order = |mut list: Vec<(i64, String, i64)>| {
            list.sort_unstable();
            list.into_iter().map(|(_, user, event)| (user, event)).take(HEROES + 1).collect()
        };
        Ok(found.into_iter().map(|(room, list)| (room, in_order(list))).collect())
    }

    /// Whether a state event has a text in this field that is not empty.
    fn says(&mut self, root: i64, event_type: &str, field: &str) -> Result<bool> {
        let Some(nid) = self.holder(root, event_type, "")? else { return Ok(false) };
        self.load([nid])?;
        Ok(self.loaded.get(nid).and_then(|event| event.content_text(field)).is_some_and(|text| !text.is_empty()))
    }

    /// Whether anybody came or went, or the room's name did.
    fn changes_summary(&self, deltas: &[DeltaRow]) -> bool {
        let membership = |nid: Option<i64>| nid.and_then(|nid| self.loaded.get(nid)).and_then(|event| event.membership);
        deltas.iter().any(|delta| match delta.event_type.as_str() {
            "m.room.member" => membership(delta.event) != membership(delta.replaced),
            "m.room.name" | "m.room.canonical_alias" => true,
            _ => false,
        })
    }
}

fn memberships(deltas: &[DeltaRow]) -> HashSet<i64> {
    let members = deltas.iter().filter(|delta| delta.event_type == "m.room.member");
    members.flat_map(|delta| [delta.event, delta.replaced]).flatten().collect()
}

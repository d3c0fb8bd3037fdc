//! The summary of a room: by whom it can be called, and how many are in it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use quick_cache::{Weighter, sync::Cache};
use store::{
    rooms::Membership,
    sync::{DeltaRow, heroes},
};

use super::{Section, Task, Work};
use crate::Result;

const NAME: &str = "m.room.name";
const ALIASES: &str = "m.room.canonical_alias";
const REDACTION: &str = "m.room.redaction";
/// Heroes of a room (client-server § GET /sync, `m.heroes`).
const HEROES: usize = 5;
/// Bytes of heroes that are kept; those of one room take about 500.
const BYTES: u64 = 2 << 20;

/// What a room can be called by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    heroes: Arc<Heroes>,
    /// Whether the room has a name or an alias, so that nobody needs to call it by its members.
    named: bool,
}

impl Summary {
    /// The heroes for this user, with the numbers of their membership events.
    pub fn heroes<'s>(&'s self, user_id: &'s str) -> impl Iterator<Item = (&'s str, i64)> {
        let others = move |list: &'s [(String, i64)]| list.iter().filter(move |(user, _)| user != user_id);
        let Heroes { present, gone, .. } = &*self.heroes;
        let list = if others(present).next().is_some() { present } else { gone };
        let most = if self.named { 0 } else { HEROES };
        others(list).map(|(user, nid)| (user.as_str(), *nid)).take(most)
    }

    /// Whether heroes are to be told.
    pub fn tells_heroes(&self) -> bool {
        !self.named
    }
}

/// What follows from a state for its room's summary.
#[derive(Debug, Default)]
struct Heroes {
    /// The first members who are joined or invited, one more than are told, for nobody is told of themselves.
    present: Vec<(String, i64)>,
    /// Where there is hardly anybody: the first who left or were banned.
    gone: Vec<(String, i64)>,
    /// The event that holds the name. What it says may be redacted: that is looked at each time.
    name: Option<i64>,
    /// The event that holds the aliases.
    aliases: Option<i64>,
}

#[derive(Clone)]
struct Bytes;
impl Weighter<i64, Arc<Heroes>> for Bytes {
    fn weight(&self, _: &i64, heroes: &Arc<Heroes>) -> u64 {
        200 + heroes.present.iter().chain(&heroes.gone).map(|(user, _)| 48 + user.len() as u64).sum::<u64>()
    }
}

/// Heroes by the root of the state from which they follow.
pub(crate) struct Summaries {
    kept: Cache<i64, Arc<Heroes>, Bytes>,
}

impl Default for Summaries {
    fn default() -> Self {
        Self { kept: Cache::with_weighter(4_096, BYTES, Bytes) }
    }
}

impl Work<'_> {
    /// Reads the summaries of rooms that are new to the client or whose summary has changed.
    pub(super) fn read_summaries(&mut self, tasks: &mut [Task]) -> Result<()> {
        let nids: Vec<i64> =
            tasks.iter().filter(|task| !task.full).flat_map(|task| memberships(&task.deltas)).collect();
        self.load(nids)?;
        let mut wanted = Vec::new();
        for task in tasks.iter_mut().filter(|task| task.section == Section::Join) {
            if task.full || self.changes_summary(&task.deltas) || self.redacts_name(task)? {
                wanted.push(task);
            }
        }
        let rooms: Vec<(i64, i64)> = wanted.iter().map(|task| (task.room.nid, task.root)).collect();
        let heroes = self.heroes(&rooms)?;
        self.load(heroes.values().flat_map(|heroes| [heroes.name, heroes.aliases]).flatten())?;
        for task in wanted {
            task.summary = heroes.get(&task.root).map(|heroes| Summary {
                heroes: heroes.clone(),
                named: self.says(heroes.name, "name") || self.says(heroes.aliases, "alias"),
            });
        }
        Ok(())
    }

    /// The heroes of these rooms (number, root of the state), by root.
    fn heroes(&mut self, rooms: &[(i64, i64)]) -> Result<HashMap<i64, Arc<Heroes>>> {
        let kept = &self.sources.summaries.kept;
        let mut found: HashMap<i64, Arc<Heroes>> =
            rooms.iter().filter_map(|(_, root)| Some((*root, kept.get(root)?))).collect();
        let missing: Vec<(i64, i64)> = rooms.iter().filter(|(_, root)| !found.contains_key(root)).copied().collect();
        let nids: Vec<i64> = missing.iter().map(|(room, _)| *room).collect();
        let mut present = self.first_members(&nids, [Membership::Join, Membership::Invite])?;
        let few = |list: Option<&Vec<_>>| list.is_none_or(|list| list.len() <= 1);
        let lonely: Vec<i64> = nids.into_iter().filter(|room| few(present.get(room))).collect();
        let mut gone = self.first_members(&lonely, [Membership::Leave, Membership::Ban])?;
        for (room, root) in missing {
            let heroes = Arc::new(Heroes {
                present: present.remove(&room).unwrap_or_default(),
                gone: gone.remove(&room).unwrap_or_default(),
                name: self.holder(root, NAME, "")?,
                aliases: self.holder(root, ALIASES, "")?,
            });
            self.sources.summaries.kept.insert(root, heroes.clone());
            found.insert(root, heroes);
        }
        Ok(found)
    }

    /// The first members of either kind, in the order in which they came to it.
    fn first_members(&mut self, rooms: &[i64], kinds: [Membership; 2]) -> Result<HashMap<i64, Vec<(String, i64)>>> {
        if rooms.is_empty() {
            return Ok(HashMap::new());
        }
        let mut found: HashMap<i64, Vec<(i64, String, i64)>> = HashMap::new();
        for kind in kinds {
            for (room, user, event, position) in heroes(self.conn.open()?, rooms, kind, HEROES + 1)? {
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
    fn says(&self, event: Option<i64>, field: &str) -> bool {
        let event = event.and_then(|nid| self.loaded.get(nid));
        event.and_then(|event| event.content_text(field)).is_some_and(|text| !text.is_empty())
    }

    /// Whether one of the arrivals redacts what the room is called by.
    fn redacts_name(&mut self, task: &Task) -> Result<bool> {
        let is_redaction = |nid: i64| self.loaded.get(nid).is_some_and(|event| &*event.event_type == REDACTION);
        let redactions: HashSet<i64> =
            task.arrivals.iter().map(|(_, nid)| *nid).filter(|nid| is_redaction(*nid)).collect();
        if redactions.is_empty() {
            return Ok(false);
        }
        let holders = [self.holder(task.root, NAME, "")?, self.holder(task.root, ALIASES, "")?];
        self.load(holders.into_iter().flatten())?;
        let held = holders.into_iter().flatten().filter_map(|nid| self.loaded.get(nid));
        Ok(held.filter_map(|event| event.redacted_by).any(|by| redactions.contains(&by)))
    }

    /// Whether anybody came or went, or the room's name did.
    fn changes_summary(&self, deltas: &[DeltaRow]) -> bool {
        let membership = |nid: Option<i64>| nid.and_then(|nid| self.loaded.get(nid)).and_then(|event| event.membership);
        deltas.iter().any(|delta| match delta.event_type.as_str() {
            "m.room.member" => membership(delta.event) != membership(delta.replaced),
            NAME | ALIASES => true,
            _ => false,
        })
    }
}

fn memberships(deltas: &[DeltaRow]) -> HashSet<i64> {
    let members = deltas.iter().filter(|delta| delta.event_type == "m.room.member");
    members.flat_map(|delta| [delta.event, delta.replaced]).flatten().collect()
}

//! What is bundled with events (client-server § Aggregations of child events), read for many at once: the number of
//! queries does not grow with them, and is zero where nothing relates to any of them.

use std::collections::{HashMap, HashSet};

use ruma::OwnedUserId;
use store::{
    Conn,
    relations::{Bundled, Parent as Wanted, REPLACE, newest_children, threads_of},
    rooms::{EventFlags, StoredEvent},
};

use super::RelatesTo;
use crate::{
    Result, Rooms,
    read::{Seen, Viewer, visible},
};

/// How many edits of an event are looked at for one that the reader may see.
const EDITS: usize = 3;
/// How many events of a thread are looked at for that.
const REPLIES: usize = 5;
/// How many references are bundled with an event: the newest. `/relations` gives all.
const REFERENCES: usize = 100;

/// An event with which its children may be bundled.
#[derive(Clone, Copy, Debug)]
pub struct Parent<'v> {
    /// Its number.
    pub nid: i64,
    /// Its flags. Without one of [`EventFlags::CHILDREN`] it costs nothing.
    pub flags: EventFlags,
    /// How the reader may read its room.
    pub viewer: &'v Viewer,
}

/// What is bundled with some events, for one reader.
#[derive(Debug, Default)]
pub struct Bundles {
    by_parent: HashMap<i64, Bundle>,
}

/// What is bundled with one event.
#[derive(Debug, Default)]
pub struct Bundle {
    /// `m.replace`: the latest valid edit.
    pub edit: Option<Seen>,
    /// `m.reference`: the ids of the events that refer to it, the oldest first.
    pub references: Vec<String>,
    /// `m.thread`: the thread of which it is the root.
    pub thread: Option<Thread>,
}

/// A thread.
#[derive(Debug)]
pub struct Thread {
    /// The newest event in it. It may have a bundle of its own, in which there is no thread.
    pub latest: Seen,
    /// How many events are in it.
    pub replies: i64,
    /// Whether the reader began it or said something in it.
    pub participated: bool,
}

impl Bundles {
    /// Reads what is bundled with events that `reader` is found to see, of any rooms.
    ///
    /// * `ignored`: what these users sent does not count.
    pub fn read<'v>(
        conn: &mut Conn,
        rooms: &Rooms,
        reader: &str,
        ignored: &HashSet<OwnedUserId>,
        parents: impl IntoIterator<Item = Parent<'v>>,
    ) -> Result<Self> {
        let parents = parents.into_iter().filter(|parent| parent.flags.has_any(EventFlags::CHILDREN));
        let viewers: HashMap<i64, &Viewer> = parents.map(|parent| (parent.nid, parent.viewer)).collect();
        if viewers.is_empty() {
            return Ok(Self::default());
        }
        let without = ignored.iter().map(|user| user.as_str()).filter(|user| *user != reader).collect();
        let mut reading = Reading { conn, rooms, reader, ignored, without, bundles: Self::default() };
        let mut parents = reading.load(&viewers)?;
        let latest = reading.threads(&parents)?;
        parents.extend(latest);
        reading.edits(&parents)?;
        reading.references(&parents)?;
        Ok(reading.bundles)
    }

    /// What is bundled with the event of this number.
    pub fn of(&self, event: i64) -> Option<&Bundle> {
        self.by_parent.get(&event)
    }

    /// The numbers of all events that are bundled as a whole.
    pub fn bundled_events(&self) -> impl Iterator<Item = i64> {
        let bundles = self.by_parent.values();
        bundles.flat_map(|bundle| {
            let latest = bundle.thread.as_ref().map(|thread| &thread.latest);
            bundle.edit.iter().chain(latest).map(|seen| seen.event.nid)
        })
    }

    fn entry(&mut self, event: i64) -> &mut Bundle {
        self.by_parent.entry(event).or_default()
    }
}

/// A parent that was read.
struct Family<'v> {
    event: StoredEvent,
    viewer: &'v Viewer,
    /// How it relates to another itself.
    rel_type: Option<String>,
}

impl Family<'_> {
    fn has(&self, flag: EventFlags) -> bool {
        EventFlags(self.event.flags).has(flag)
    }

    fn wanted(&self) -> Wanted {
        Wanted { nid: self.event.nid, upto: self.viewer.newest_position().unwrap_or(i64::MAX) }
    }
}

struct Reading<'a> {
    conn: &'a mut Conn,
    rooms: &'a Rooms,
    reader: &'a str,
    ignored: &'a HashSet<OwnedUserId>,
    without: Vec<&'a str>,
    bundles: Bundles,
}

impl Reading<'_> {
    fn load<'v>(&mut self, viewers: &HashMap<i64, &'v Viewer>) -> Result<Vec<Family<'v>>> {
        let nids: Vec<i64> = viewers.keys().copied().collect();
        let events = self.rooms.events().stored(self.conn, &nids)?;
        // "State events do not currently receive bundled aggregations."
        let events = events.into_iter().filter(|event| event.state_key.is_none());
        Ok(events.filter_map(|event| Some(family(*viewers.get(&event.nid)?, event))).collect())
    }

    /// The threads, with their newest events, which are parents themselves.
    fn threads<'v>(&mut self, parents: &[Family<'v>]) -> Result<Vec<Family<'v>>> {
        // What relates to another is no root, whatever relates to it.
        let roots = parents.iter().filter(|parent| parent.has(EventFlags::THREAD_ROOT) && parent.rel_type.is_none());
        let roots: Vec<&Family<'v>> = roots.collect();
        let mut newest = self.newest(&roots, Bundled::Replies, REPLIES)?;
        if newest.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<Wanted> = roots.iter().map(|root| root.wanted()).collect();
        let threads = threads_of(self.conn, &wanted, self.reader, &self.without)?;
        let threads: HashMap<i64, _> = threads.into_iter().map(|thread| (thread.parent, thread)).collect();
        let mut latest = Vec::new();
        for root in roots {
            let seen = newest.remove(&root.event.nid).unwrap_or_default();
            let last = seen.into_iter().max_by_key(|seen| (seen.event.depth, seen.event.position));
            let (Some(last), Some(thread)) = (last, threads.get(&root.event.nid)) else { continue };
            latest.push(family(root.viewer, last.event.clone()));
            self.bundles.entry(root.event.nid).thread = Some(Thread {
                latest: last,
                replies: thread.replies,
                participated: thread.participated || root.event.sender == self.reader,
            });
        }
        Ok(latest)
    }

    fn edits(&mut self, parents: &[Family<'_>]) -> Result<()> {
        let editable = |parent: &&Family<'_>| {
            parent.has(EventFlags::EDITED)
                && parent.event.redacted_by.is_none()
                && parent.rel_type.as_deref() != Some(REPLACE)
        };
        let parents: Vec<&Family<'_>> = parents.iter().filter(editable).collect();
        for (parent, seen) in self.newest(&parents, Bundled::Edits, EDITS)? {
            let order = |a: &Seen, b: &Seen| {
                (a.event.origin_server_ts, &a.event.event_id).cmp(&(b.event.origin_server_ts, &b.event.event_id))
            };
            self.bundles.entry(parent).edit = seen.into_iter().max_by(order);
        }
        Ok(())
    }

    fn references(&mut self, parents: &[Family<'_>]) -> Result<()> {
        let parents: Vec<&Family<'_>> = parents.iter().filter(|parent| parent.has(EventFlags::REFERENCED)).collect();
        for (parent, mut seen) in self.newest(&parents, Bundled::References, REFERENCES)? {
            seen.sort_by_key(|seen| (seen.event.depth, seen.event.position));
            self.bundles.entry(parent).references = seen.iter().map(|seen| seen.event.event_id.clone()).collect();
        }
        Ok(())
    }

    /// The newest children that the reader may see, by parent, in no order. Parents without any are left out.
    fn newest(&mut self, parents: &[&Family<'_>], bundled: Bundled, limit: usize) -> Result<HashMap<i64, Vec<Seen>>> {
        if parents.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted: Vec<Wanted> = parents.iter().map(|parent| parent.wanted()).collect();
        // Edits are by the author of what is shown, and of references all are looked at anyway.
        let without = if bundled == Bundled::Replies { &self.without[..] } else { &[] };
        let pairs = newest_children(self.conn, &wanted, bundled, without, limit)?;
        let children: Vec<i64> = pairs.iter().map(|(_, child)| *child).collect();
        let mut by_room: HashMap<i64, Vec<StoredEvent>> = HashMap::new();
        for child in self.rooms.events().stored(self.conn, &children)? {
            by_room.entry(child.room).or_default().push(child);
        }
        let viewers: HashMap<i64, &Viewer> = parents.iter().map(|parent| (parent.event.room, parent.viewer)).collect();
        let mut seen = HashMap::new();
        for (room, mut events) in by_room {
            let Some(viewer) = viewers.get(&room) else { continue };
            events.sort_by_key(|event| event.position);
            let visible = visible(self.conn, self.rooms, viewer, self.ignored, events)?;
            seen.extend(visible.into_iter().map(|seen| (seen.event.nid, seen)));
        }
        let mut by_parent: HashMap<i64, Vec<Seen>> = HashMap::new();
        for (parent, child) in pairs {
            if let Some(seen) = seen.remove(&child) {
                by_parent.entry(parent).or_default().push(seen);
            }
        }
        Ok(by_parent)
    }
}

fn family(viewer: &Viewer, event: StoredEvent) -> Family<'_> {
    let rel_type = RelatesTo::of_event(&event).map(|relates_to| relates_to.rel_type);
    Family { event, viewer, rel_type }
}

//! Rows that nearly every sync needs, kept for as long as no commit changes them: who is woken by the same event looks at the
//! same room.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use store::{Committed, LogKind, push::UnreadRow, rooms::RoomRow};

/// Rooms that are kept, about 400 bytes each; then all go.
const ROOMS: usize = 3_000;
/// What is kept of what users have not read in rooms, about 200 bytes each; then all go.
const UNREAD: usize = 10_000;

/// A row, and the position of the snapshot from which it was read.
type Read<T> = (i64, T);

#[derive(Default)]
struct Inner {
    /// The newest position seen.
    upto: i64,
    /// Here something changed without a new position, as older history does: a snapshot of this position may not show it.
    unsure: i64,
    rooms: HashMap<i64, Read<Arc<RoomRow>>>,
    /// By room and user; there may be no row.
    unread: HashMap<i64, HashMap<String, Read<Option<UnreadRow>>>>,
    /// How many of them.
    unread_count: usize,
}

/// The rows. One that is here is as a snapshot shows it that was opened between when it was read and the newest commit
/// seen.
#[derive(Default)]
pub(crate) struct Rows {
    inner: Mutex<Inner>,
}

impl Rows {
    /// Takes note of a commit.
    pub fn committed(&self, committed: &Committed) {
        let mut inner = self.inner.lock();
        inner.upto = inner.upto.max(committed.position);
        if committed.entries.is_empty() && !committed.appended.is_empty() {
            inner.unsure = inner.unsure.max(committed.position);
        }
        for room in &committed.appended {
            inner.rooms.remove(room);
        }
        for (room, user_id) in &committed.recounted {
            inner.forget_unread(*room, user_id);
        }
        // It may take back what was counted for anybody.
        for (room, _) in &committed.redacted {
            inner.forget_all_unread(*room);
        }
        for entry in &committed.entries {
            match (entry.kind, entry.room, &entry.user) {
                (LogKind::Receipt | LogKind::Unread, Some(room), Some(user_id)) => inner.forget_unread(room, user_id),
                (LogKind::RoomGone, Some(room), _) => {
                    inner.rooms.remove(&room);
                    inner.forget_all_unread(room);
                }
                _ => {}
            }
        }
    }

    /// A room as a snapshot of this position shows it.
    pub fn room(&self, room: i64, snapshot: i64) -> Option<Arc<RoomRow>> {
        let inner = self.inner.lock();
        let (read, row) = inner.rooms.get(&room)?;
        inner.covers(*read, snapshot).then(|| row.clone())
    }

    /// Keeps rooms as a snapshot of this position shows them.
    pub fn keep_rooms<'r>(&self, snapshot: i64, rows: impl IntoIterator<Item = &'r RoomRow>) {
        let mut inner = self.inner.lock();
        if !inner.may_keep(snapshot) {
            return;
        }
        for row in rows {
            if inner.rooms.len() >= ROOMS {
                inner.rooms.clear();
            }
            inner.rooms.insert(row.nid, (snapshot, Arc::new(row.clone())));
        }
    }

    /// Where a user stands in these rooms, as a snapshot of this position shows it.
    pub fn unread(&self, user_id: &str, rooms: &[i64], snapshot: i64) -> Option<Vec<UnreadRow>> {
        let inner = self.inner.lock();
        let mut rows = Vec::with_capacity(rooms.len());
        for room in rooms {
            let (read, row) = inner.unread.get(room)?.get(user_id)?;
            if !inner.covers(*read, snapshot) {
                return None;
            }
            rows.extend(row.clone());
        }
        Some(rows)
    }

    /// Keeps where a user stands in these rooms, as a snapshot of this position shows it.
    pub fn keep_unread(&self, snapshot: i64, user_id: &str, rooms: &[i64], rows: &[UnreadRow]) {
        let mut inner = self.inner.lock();
        if !inner.may_keep(snapshot) {
            return;
        }
        for room in rooms {
            if inner.unread_count >= UNREAD {
                inner.unread.clear();
                inner.unread_count = 0;
            }
            let row = rows.iter().find(|row| row.room == *room).cloned();
            let of_room = inner.unread.entry(*room).or_default();
            let is_new = of_room.insert(user_id.to_owned(), (snapshot, row)).is_none();
            inner.unread_count += usize::from(is_new);
        }
    }
}

impl Inner {
    fn covers(&self, read: i64, snapshot: i64) -> bool {
        (read..=self.upto).contains(&snapshot)
    }

    /// Whether no commit is known that this snapshot does not show. What it shows and is not announced yet will be.
    fn may_keep(&self, snapshot: i64) -> bool {
        snapshot >= self.upto && snapshot > self.unsure
    }

    fn forget_unread(&mut self, room: i64, user_id: &str) {
        let Some(of_room) = self.unread.get_mut(&room) else { return };
        if of_room.remove(user_id).is_some() {
            self.unread_count -= 1;
        }
        if of_room.is_empty() {
            self.unread.remove(&room);
        }
    }

    fn forget_all_unread(&mut self, room: i64) {
        self.unread_count -= self.unread.remove(&room).map_or(0, |of_room| of_room.len());
    }
}

#[cfg(test)]
mod tests {
    use store::{LogEntry, rooms::RoomCounts};

    use super::*;

    fn room(nid: i64) -> RoomRow {
        RoomRow {
            nid,
            room_id: format!("!{nid}:b"),
            version: "11".into(),
            revision: 1,
            last_position: 1,
            state: 1,
            extremities: String::new(),
            joined: 1,
            invited: 0,
            published: false,
            counted: RoomCounts::default(),
        }
    }

    fn commit(position: i64) -> Committed {
        Committed { position, ..Committed::default() }
    }

    #[test]
    fn a_room_is_kept_until_it_is_appended_to() {
        let rows = Rows::default();
        rows.committed(&commit(5));
        rows.keep_rooms(4, [&room(1)]);
        assert!(rows.room(1, 5).is_none(), "a commit may have changed it since");
        rows.keep_rooms(6, [&room(1)]);
        assert!(rows.room(1, 6).is_none(), "it shows more than is known");
        rows.committed(&Committed { appended: vec![2], ..commit(7) });
        assert!(rows.room(1, 6).is_some() && rows.room(1, 7).is_some());
        assert!(rows.room(1, 5).is_none() && rows.room(1, 8).is_none() && rows.room(2, 7).is_none());
        rows.committed(&Committed { appended: vec![1], ..commit(8) });
        assert!(rows.room(1, 7).is_none() && rows.room(1, 8).is_none());
    }

    #[test]
    fn what_older_history_changed_is_not_kept_as_it_was() {
        let rows = Rows::default();
        rows.committed(&commit(5));
        rows.committed(&Committed { appended: vec![1], ..commit(5) });
        rows.keep_rooms(5, [&room(1)]);
        assert!(rows.room(1, 5).is_none(), "the snapshot may be older");
        rows.keep_rooms(6, [&room(1)]);
        rows.committed(&commit(6));
        assert!(rows.room(1, 6).is_some());
    }

    #[test]
    fn counts_are_kept_until_they_change() {
        let entry = |user: &str| LogEntry {
            position: 6,
            kind: LogKind::Receipt,
            room: Some(1),
            user: Some(user.to_owned()),
            row: None,
        };
        let read = |user: &str| Committed { entries: vec![entry(user)], ..commit(6) };
        for (changed, kept) in [
            (Committed { recounted: vec![(1, "@b:b".into()), (2, "@a:b".into())], ..commit(6) }, true),
            (Committed { recounted: vec![(1, "@a:b".into())], ..commit(6) }, false),
            (Committed { redacted: vec![(2, 9)], ..commit(6) }, true),
            (Committed { redacted: vec![(1, 9)], ..commit(6) }, false),
            (read("@b:b"), true),
            (read("@a:b"), false),
        ] {
            let rows = Rows::default();
            rows.committed(&commit(5));
            rows.keep_unread(5, "@a:b", &[1], &[]);
            assert!(rows.unread("@a:b", &[1], 5).is_some() && rows.unread("@a:b", &[1, 2], 5).is_none());
            rows.committed(&changed);
            assert_eq!(rows.unread("@a:b", &[1], 6).is_some(), kept, "{changed:?}");
            assert_eq!(rows.inner.lock().unread_count, usize::from(kept));
        }
    }
}

//! Unread counts of the rooms that are told (client-server §receiving-notifications).

use std::collections::{HashMap, HashSet};

use store::{push::UnreadRow, rooms::RoomCounts};

use super::{Found, Section, Work};
use crate::{Result, follow::Kind};

/// Rooms of one answer of which the counts are looked for in memory. What tells of more is made where it may take its time.
const FEW: usize = 20;

impl Work<'_> {
    /// Reads the counts of all joined rooms, and brings in those of which nothing else is told but that they changed.
    pub(super) fn read_unread(&mut self, found: &mut Found) -> Result<()> {
        let since = self.question.since;
        let joined: Vec<i64> =
            found.tasks.iter().filter(|task| task.section == Section::Join).map(|task| task.room.nid).collect();
        let rows = self.unread_rows(&joined)?;
        let rows: HashMap<i64, UnreadRow> = rows.into_iter().map(|row| (row.room, row)).collect();
        let changed = |row: &UnreadRow| since.is_some_and(|since| row.changed > since);
        let told: HashSet<i64> = found.tasks.iter().map(|task| task.room.nid).collect();
        let quiet: Vec<i64> =
            rows.values().filter(|row| changed(row) && !told.contains(&row.room)).map(|row| row.room).collect();
        if !quiet.is_empty() {
            self.select_quiet(&quiet, found)?;
        }
        let stands: Vec<(&UnreadRow, RoomCounts)> = found
            .tasks
            .iter()
            .filter(|task| task.section == Section::Join)
            .filter_map(|task| Some((rows.get(&task.room.nid)?, task.room.counted)))
            .collect();
        let threads = self.question.filter.unread_threads;
        let mut unread = match push::counts::told_by_rows(&stands, threads) {
            Some(unread) => unread,
            None => push::counts::unread(self.conn.open()?, self.question.user.as_str(), &stands, threads)?,
        };
        for task in found.tasks.iter_mut().filter(|task| task.section == Section::Join) {
            task.unread = unread.remove(&task.room.nid).unwrap_or_default();
            task.recounted = rows.get(&task.room.nid).is_some_and(changed);
        }
        Ok(())
    }

    /// Where the user stands in these rooms, and in those where that changed without an event.
    fn unread_rows(&mut self, joined: &[i64]) -> Result<Vec<UnreadRow>> {
        let (user, kept) = (self.question.user.as_str(), &self.sources.follower.rows);
        let changed_after = self.question.since.filter(|_| self.happened(Kind::Unread));
        if self.question.since.is_none() || joined.len() > FEW {
            return Ok(store::push::unread(self.conn.open()?, user, joined, changed_after)?);
        }
        if changed_after.is_none()
            && let Some(rows) = kept.unread(user, joined, self.end)
        {
            return Ok(rows);
        }
        let rows = store::push::unread(self.conn.open()?, user, joined, changed_after)?;
        kept.keep_unread(self.end, user, joined, &rows);
        Ok(rows)
    }
}

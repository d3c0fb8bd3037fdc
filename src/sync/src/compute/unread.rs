//! Unread counts of the rooms that are told (client-server §receiving-notifications).

use std::collections::{HashMap, HashSet};

use store::{push::UnreadRow, rooms::RoomCounts};

use super::{Found, Section, Work};
use crate::{Result, follow::Kind};

impl Work<'_> {
    /// Reads the counts of all joined rooms, and brings in those of which nothing else is told but that they changed.
    pub(super) fn read_unread(&mut self, found: &mut Found) -> Result<()> {
        let user = self.question.user.as_str();
        let since = self.question.since;
        let joined: Vec<i64> =
            found.tasks.iter().filter(|task| task.section == Section::Join).map(|task| task.room.nid).collect();
        let changed_after = since.filter(|_| self.happened(Kind::Unread));
        let rows = store::push::unread(self.conn, user, &joined, changed_after)?;
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
        let mut unread = push::counts::unread(self.conn, self.question.user.as_str(), &stands, threads)?;
        for task in found.tasks.iter_mut().filter(|task| task.section == Section::Join) {
            task.unread = unread.remove(&task.room.nid).unwrap_or_default();
            task.recounted = rows.get(&task.room.nid).is_some_and(changed);
        }
        Ok(())
    }
}

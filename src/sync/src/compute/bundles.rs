//! What is bundled with the events of timelines. A client that is told all events of a time needs none of it
//! (client-server § Aggregations of child events).

use rooms::relations::{Bundles, Parent};
use store::rooms::EventFlags;

use super::{Task, Work};
use crate::Result;

impl Work<'_> {
    /// Reads it for all rooms, and loads the events that are bundled.
    pub(super) fn read_bundles(&mut self, tasks: &[Task]) -> Result<()> {
        let parents = tasks.iter().filter(|task| task.limited).flat_map(|task| {
            let viewer = &task.viewer;
            task.timeline.iter().map(move |seen| Parent { nid: seen.event.nid, flags: seen.event.flags, viewer })
        });
        let parents: Vec<Parent<'_>> = parents.filter(|parent| parent.flags.has_any(EventFlags::CHILDREN)).collect();
        if parents.is_empty() {
            return Ok(());
        }
        let (user, ignored) = (self.question.user.as_str(), &self.question.preferences.ignored);
        self.bundles = Bundles::read(self.conn.open()?, &self.sources.rooms, user, ignored, parents)?;
        let bundled: Vec<i64> = self.bundles.bundled_events().collect();
        self.load(bundled)
    }
}

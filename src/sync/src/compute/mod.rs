//! Makes one answer, within one snapshot of the database.
//!
//! The rooms that matter are chosen ([`select`]), their timelines read ([`timeline`]), then what changed of their
//! states ([`changes`], [`state`], [`members`], [`summary`]); each step takes all rooms at once, so that the number of
//! queries does not grow with them. Writing it down ([`crate::answer`]) asks nothing more.

mod changes;
mod invites;
mod members;
mod select;
mod sent;
mod state;
mod summary;
mod task;
mod timeline;

use std::{collections::HashMap, sync::Arc};

use accounts::Preferences;
use bytes::Bytes;
use rooms::Rooms;
use ruma::{OwnedDeviceId, OwnedUserId};
use store::{
    Conn,
    accounts::{AccountDataRow, account_data},
    rooms::RoomRow,
};

pub(crate) use sent::{SentMembers, Session as SentSession};
pub(crate) use state::BasicStates;
pub(crate) use summary::Summaries;
pub(crate) use task::{Section, Task};

use crate::{Result, StateForm, answer, events::Loaded, filter::Filter, follow::Follower};

/// What an answer is to be made for.
#[derive(Clone)]
pub(crate) struct Question {
    pub user: OwnedUserId,
    pub device: OwnedDeviceId,
    /// The position from which on something is new; none for a first sync.
    pub since: Option<i64>,
    pub filter: Arc<Filter>,
    pub full_state: bool,
    pub form: StateForm,
    pub preferences: Arc<Preferences>,
    /// Now, in milliseconds since 1970.
    pub now: i64,
}

/// An answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub body: Bytes,
    /// The position up to which it tells everything.
    pub end: i64,
    /// Whether it tells nothing.
    pub empty: bool,
}

/// What answers are made from.
pub(crate) struct Sources {
    pub rooms: Rooms,
    pub follower: Arc<Follower>,
    pub basics: BasicStates,
    pub summaries: Summaries,
    pub sent: SentMembers,
}

/// One answer in the making.
pub(crate) struct Work<'a> {
    pub conn: &'a mut Conn,
    /// The position of the snapshot.
    pub end: i64,
    pub sources: &'a Sources,
    pub question: &'a Question,
    pub loaded: Loaded,
    /// All rooms that were met, for the rules of their events.
    pub rooms: HashMap<i64, RoomRow>,
}

/// What there is to tell.
#[derive(Default)]
pub(crate) struct Found {
    pub tasks: Vec<Task>,
    /// Invitations and knocks: section, room id, stripped state.
    pub stripped: Vec<(Section, String, Vec<String>)>,
    /// Global account data and that of rooms, by room.
    pub account_data: HashMap<i64, Vec<AccountDataRow>>,
}

/// Makes an answer.
pub(crate) fn compute(conn: &mut Conn, end: i64, sources: &Sources, question: &Question) -> Result<Answer> {
    let loaded = Loaded::default();
    let mut work = Work { conn, end, sources, question, loaded, rooms: HashMap::new() };
    let mut found = work.select()?;
    work.read_account_data(&mut found)?;
    work.read_timelines(&mut found.tasks)?;
    work.read_changes(&mut found.tasks)?;
    work.read_summaries(&mut found.tasks)?;
    work.read_states(&mut found.tasks)?;
    work.read_related(&found.tasks)?;
    let session = work.sources.sent.session(question, end);
    answer::write(&mut work, found, session)
}

impl Work<'_> {
    /// Loads the events of these numbers, which belong to rooms that were met.
    fn load(&mut self, nids: impl IntoIterator<Item = i64>) -> Result<()> {
        let Sources { rooms, follower, .. } = self.sources;
        self.loaded.load(self.conn, &follower.events, rooms, &self.rooms, nids)
    }

    fn read_account_data(&mut self, found: &mut Found) -> Result<()> {
        let user = self.question.user.as_str();
        let rows = account_data::changed(self.conn, user, self.question.since.unwrap_or(0), self.end)?;
        let mut by_room: HashMap<i64, Vec<AccountDataRow>> = HashMap::new();
        for row in rows {
            by_room.entry(row.room).or_default().push(row);
        }
        // Who comes (back) to a room hears all that was ever said of it.
        let newly: Vec<i64> = found
            .tasks
            .iter()
            .filter(|task| task.newly && self.question.since.is_some())
            .map(|task| task.room.nid)
            .collect();
        if !newly.is_empty() {
            newly.iter().for_each(|room| drop(by_room.remove(room)));
            for row in account_data::of_rooms(self.conn, user, &newly, self.end)? {
                by_room.entry(row.room).or_default().push(row);
            }
        }
        let known: Vec<i64> = found.tasks.iter().map(|task| task.room.nid).collect();
        let others: Vec<i64> =
            by_room.keys().copied().filter(|room| *room != account_data::GLOBAL && !known.contains(room)).collect();
        if !others.is_empty() && self.question.since.is_some() {
            self.select_quiet(&others, found)?;
        }
        found.account_data = by_room;
        Ok(())
    }

    /// Loads what the events of timelines and states refer to: redactions, and the states that were replaced.
    fn read_related(&mut self, tasks: &[Task]) -> Result<()> {
        let mut nids = Vec::new();
        for task in tasks {
            for seen in &task.timeline {
                nids.extend(seen.event.replaces);
                nids.extend(seen.event.redacted_by);
            }
            for event in &task.state {
                nids.extend(event.redacted_by);
                if !task.full {
                    nids.extend(event.replaces);
                }
            }
        }
        self.load(nids)
    }
}

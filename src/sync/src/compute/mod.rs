//! Makes one answer: within one snapshot of the database, or from memory where that suffices ([`make()`]).
//!
//! The rooms that matter are chosen ([`select`]), their timelines read ([`timeline`]), then what changed of their
//! states ([`changes`], [`state`], [`members`], [`summary`]); each step takes all rooms at once, so that the number of
//! queries does not grow with them. Writing it down ([`crate::answer`]) asks nothing more.

mod bundles;
mod changes;
mod database;
mod device_lists;
mod ephemeral;
mod foreign;
mod invites;
mod make;
mod members;
mod online;
mod presence;
mod select;
mod sent;
mod state;
mod summary;
mod task;
mod timeline;
mod to_device;
mod unread;

use std::{collections::HashMap, sync::Arc};

use accounts::Preferences;
use bytes::Bytes;
use e2ee::{E2ee, device_lists::DeviceLists, keys::KeyCounts};
use rooms::{Rooms, relations::Bundles};
use ruma::{OwnedDeviceId, OwnedUserId};
use store::{
    accounts::{AccountDataRow, account_data},
    e2ee::ToDeviceRow,
    rooms::RoomRow,
};

pub(crate) use database::Database;
pub(crate) use ephemeral::{RECEIPT, RoomEphemeral, TYPING};
pub(crate) use make::make;
pub(crate) use members::Members;
pub(crate) use sent::{SentMembers, Session as SentSession};
pub(crate) use state::BasicStates;
pub(crate) use summary::Summaries;
pub(crate) use task::{Section, Task};

use crate::{
    Result, StateForm, answer,
    ephemeral::Shown,
    events::{Loaded, Moment},
    filter::Filter,
    follow::{Follower, Kind},
    token::SyncToken,
};

/// What an answer is to be made for.
#[derive(Clone)]
pub(crate) struct Question {
    pub user: OwnedUserId,
    pub device: OwnedDeviceId,
    /// The position from which on something is new; none for a first sync.
    pub since: Option<i64>,
    /// All that the token says; of a first sync, nothing.
    pub known: SyncToken,
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
    /// What the client knows once it has it.
    pub end: SyncToken,
    /// Whether it tells nothing.
    pub empty: bool,
    /// Whether it may be given again as it is. Messages to the device may be acknowledged by then.
    pub repeatable: bool,
}

/// What answers are made from.
pub(crate) struct Sources {
    pub rooms: Rooms,
    pub e2ee: E2ee,
    pub follower: Arc<Follower>,
    pub basics: BasicStates,
    pub summaries: Summaries,
    pub members: Members,
    pub sent: SentMembers,
    /// The push rules of who has never changed one.
    pub push_rules: push::rules::Predefined,
}

/// One answer in the making.
pub(crate) struct Work<'a> {
    pub conn: Database<'a>,
    /// The position of the snapshot, or of the newest commit that is known.
    pub end: i64,
    pub sources: &'a Sources,
    pub question: &'a Question,
    pub loaded: Loaded,
    /// What is bundled with the events of timelines.
    pub bundles: Bundles,
    /// All rooms that were met, for the rules of their events.
    pub rooms: HashMap<i64, RoomRow>,
}

/// What every answer tells a device of its own keys.
pub(crate) struct OwnKeys {
    pub counts: Arc<KeyCounts>,
    /// Whether keys were given out since the token, so that the device must hear of it.
    pub given: bool,
}

/// What there is to tell.
#[derive(Default)]
pub(crate) struct Found {
    pub tasks: Vec<Task>,
    /// Invitations and knocks: section, room id, stripped state.
    pub stripped: Vec<(Section, String, Vec<String>)>,
    /// Invitations and knocks in rooms elsewhere that are over: room id, the event that ended it.
    pub foreign_left: Vec<(String, String)>,
    /// Rooms that are gone since the token, and with them the user's membership.
    pub gone: Vec<String>,
    /// Global account data and that of rooms, by room.
    pub account_data: HashMap<i64, Vec<AccountDataRow>>,
    pub device_lists: DeviceLists,
    pub presence: Vec<Shown>,
    /// Messages to the device.
    pub to_device: Vec<ToDeviceRow>,
    /// What the client will know.
    pub token: SyncToken,
}

/// Makes an answer.
///
/// * `end`: the position of the snapshot in which `conn` reads, or without it that of the newest commit that all who follow
///   know of; `before`: a moment before the snapshot was opened.
fn compute(conn: Database<'_>, end: i64, before: Moment, sources: &Sources, question: &Question) -> Result<Answer> {
    let loaded = Loaded::new(before);
    let mut work = Work { conn, end, sources, question, loaded, bundles: Bundles::default(), rooms: HashMap::new() };
    let mut found = work.select()?;
    work.select_foreign(&mut found)?;
    found.gone = work.gone(&found)?;
    work.read_account_data(&mut found)?;
    found.token = work.read_ephemeral(&mut found)?;
    found.presence = work.read_presence()?;
    work.read_unread(&mut found)?;
    work.read_timelines(&mut found.tasks)?;
    work.read_changes(&mut found.tasks)?;
    work.read_summaries(&mut found.tasks)?;
    work.read_states(&mut found.tasks)?;
    work.read_related(&found.tasks)?;
    work.read_bundles(&found.tasks)?;
    found.device_lists = work.read_device_lists()?;
    work.read_to_device(&mut found)?;
    let keys = work.read_key_counts()?;
    let session = work.sources.sent.session(question, end);
    answer::write(&mut work, found, &keys, session)
}

impl Work<'_> {
    /// Loads the events of these numbers, which belong to rooms that were met.
    fn load(&mut self, nids: impl IntoIterator<Item = i64>) -> Result<()> {
        let Sources { rooms, follower, .. } = self.sources;
        self.loaded.load(&mut self.conn, &follower.events, rooms, &self.rooms, nids)
    }

    /// Whether something of this kind may have happened to the user since the token.
    fn happened(&self, kind: Kind) -> bool {
        let user = self.question.user.as_str();
        let lately = &self.sources.follower.lately;
        self.question.since.is_none_or(|since| lately.happened(kind, user, since, self.end))
    }

    fn read_account_data(&mut self, found: &mut Found) -> Result<()> {
        let user = self.question.user.as_str();
        let rows = match self.happened(Kind::AccountData) {
            true => account_data::changed(self.conn.open()?, user, self.question.since.unwrap_or(0), self.end)?,
            false => Vec::new(),
        };
        let mut by_room: HashMap<i64, Vec<AccountDataRow>> = HashMap::new();
        for row in rows {
            by_room.entry(row.room).or_default().push(row);
        }
        self.tell_push_rules(by_room.entry(account_data::GLOBAL).or_default());
        // Who comes (back) to a room hears all that was ever said of it.
        let newly: Vec<i64> = found
            .tasks
            .iter()
            .filter(|task| task.newly && self.question.since.is_some())
            .map(|task| task.room.nid)
            .collect();
        if !newly.is_empty() {
            newly.iter().for_each(|room| drop(by_room.remove(room)));
            for row in account_data::of_rooms(self.conn.open()?, user, &newly, self.end)? {
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

    /// The push rules are there before anybody has changed one, and change with the version of this program.
    fn tell_push_rules(&self, global: &mut Vec<AccountDataRow>) {
        let user = self.question.user.as_str();
        let known = global.iter_mut().find(|row| row.event_type == push::rules::PUSH_RULES);
        match known {
            Some(row) => row.content = push::rules::content(user, Some(&row.content)),
            None if self.question.since.is_none() => global.push(AccountDataRow {
                room: account_data::GLOBAL,
                event_type: push::rules::PUSH_RULES.to_owned(),
                content: self.sources.push_rules.content(user),
                position: self.end,
            }),
            None => {}
        }
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

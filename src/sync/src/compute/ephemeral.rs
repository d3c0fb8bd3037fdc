//! What is told beside the events of rooms: receipts, and who types.

use std::collections::{HashMap, HashSet};

use ruma::UserId;
use store::receipts::{ReceiptRow, changed, changed_rooms, newest, of_user};

use super::{Found, Section, Task, Work};
use crate::{
    Result,
    ephemeral::RoomTyping,
    filter::EventFilter,
    token::{SyncToken, TYPING_ROOMS},
};

/// Receipts that are told of a room to who does not know it: the newest, and all of their own.
const RECEIPTS: usize = 1_000;

pub(crate) const RECEIPT: &str = "m.receipt";
pub(crate) const TYPING: &str = "m.typing";

/// What is told beside the events of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoomEphemeral {
    /// Receipts, by thread and event.
    pub receipts: Vec<ReceiptRow>,
    /// Who types, if that is to be told.
    pub typing: Option<Vec<String>>,
}

impl RoomEphemeral {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.receipts.is_empty() && self.typing.is_none()
    }
}

impl Work<'_> {
    /// Reads receipts and typing of all rooms, and brings in those rooms of which there is nothing else to tell. Gives
    /// the token that says so.
    pub(super) fn read_ephemeral(&mut self, found: &mut Found) -> Result<SyncToken> {
        let known = &self.question.known;
        // The number is taken before anything of memory is read: what comes later is told again rather than not at all.
        let (serial, typing) = self.typing(found);
        let mut token = SyncToken { position: self.end, serial, typing: Vec::new(), to_device: None };
        let filter = &self.question.filter.ephemeral;
        if filter.limit == Some(0) {
            token.typing.clone_from(&known.typing);
            return Ok(token);
        }
        let mut receipts =
            if filter.events.allows_type(RECEIPT) { self.receipts(&found.tasks)? } else { HashMap::new() };
        let mut typing: HashMap<i64, RoomTyping> = typing.into_iter().map(|typists| (typists.room, typists)).collect();
        let tasks: HashSet<i64> = found.tasks.iter().map(|task| task.room.nid).collect();
        let news = typing.values().filter(|typists| typists.serial > known.serial).map(|typists| typists.room);
        let ended = known.typing.iter().filter(|room| !typing.contains_key(room));
        let quiet: HashSet<i64> = receipts.keys().copied().chain(news).chain(ended.copied()).collect();
        let quiet: Vec<i64> = quiet.into_iter().filter(|room| !tasks.contains(room)).collect();
        if !quiet.is_empty() && self.question.since.is_some() {
            self.select_quiet(&quiet, found)?;
        }
        for task in found.tasks.iter_mut().filter(|task| task.section == Section::Join) {
            let rows = receipts.remove(&task.room.nid).unwrap_or_default();
            let typists = typing.remove(&task.room.nid);
            self.tell(task, rows, typists.as_ref(), &mut token);
        }
        // What goes on in rooms that are not told of now.
        let on = known.typing.iter().filter(|room| typing.contains_key(room) && !token.typing.contains(room));
        let on: Vec<i64> = on.copied().collect();
        token.typing.extend(on);
        token.typing.truncate(TYPING_ROOMS);
        Ok(token)
    }

    /// Who types in the user's rooms. Where these are not known it may be more.
    fn typing(&self, found: &Found) -> (i64, Vec<RoomTyping>) {
        let follower = &self.sources.follower;
        let tasks: HashSet<i64> = found.tasks.iter().map(|task| task.room.nid).collect();
        let user = self.question.user.as_str();
        if self.question.since.is_none() {
            return follower.ephemeral.typing(|room| tasks.contains(&room));
        }
        let of_user = follower
            .watches
            .joined(user, |rooms| follower.ephemeral.typing(|room| rooms.contains(&room) || tasks.contains(&room)));
        of_user.unwrap_or_else(|| follower.ephemeral.typing(|_| true))
    }

    /// The receipts that are new to the user, by room.
    fn receipts(&mut self, tasks: &[Task]) -> Result<HashMap<i64, Vec<ReceiptRow>>> {
        let user = self.question.user.as_str();
        let joined = tasks.iter().filter(|task| task.section == Section::Join);
        let newly: Vec<i64> = joined.filter(|task| task.newly).map(|task| task.room.nid).collect();
        let mut rows = Vec::new();
        if !newly.is_empty() {
            rows = newest(self.conn.open()?, &newly, self.end, RECEIPTS)?;
            let own = of_user(self.conn.open()?, user, &newly)?;
            rows.retain(|row| row.user_id != user);
            rows.extend(own.into_iter().filter(|row| row.position <= self.end));
        }
        if let Some(since) = self.question.since {
            let follower = &self.sources.follower;
            let mut rooms = match follower.reads.rooms_since(since, self.end) {
                Some(rooms) => rooms,
                None => changed_rooms(self.conn.open()?, user, since, self.end)?,
            };
            follower.watches.joined(user, |joined| rooms.retain(|room| joined.contains(room)));
            rooms.retain(|room| !newly.contains(room));
            if !rooms.is_empty() {
                rows.extend(changed(self.conn.open()?, &rooms, since, self.end)?);
            }
        }
        let mut by_room: HashMap<i64, Vec<ReceiptRow>> = HashMap::new();
        for row in rows {
            if self.may_hear(&row.user_id) && (!row.is_private() || row.user_id == user) {
                by_room.entry(row.room).or_default().push(row);
            }
        }
        Ok(by_room)
    }

    /// Whether the user wants to hear of another at all, and the filter lets it.
    fn may_hear(&self, other: &str) -> bool {
        !self.ignores(other) && self.question.filter.ephemeral.events.allows_sender(other)
    }

    /// Whether the user has asked never to hear of another.
    pub(super) fn ignores(&self, other: &str) -> bool {
        let ignored = &self.question.preferences.ignored;
        !ignored.is_empty()
            && other != self.question.user.as_str()
            && <&UserId>::try_from(other).is_ok_and(|other| ignored.contains(other))
    }

    /// Tells of one room, and notes in the token whether somebody types there.
    fn tell(&self, task: &mut Task, rows: Vec<ReceiptRow>, typists: Option<&RoomTyping>, token: &mut SyncToken) {
        let wanted: &EventFilter = &self.question.filter.ephemeral.events;
        let (room, known) = (task.room.nid, &self.question.known);
        let was_told = known.typing.contains(&room) && !task.newly;
        let allowed = wanted.allows_room(&task.room.room_id);
        if !allowed || !wanted.allows_type(TYPING) {
            // The client may ask with another filter the next time.
            token.typing.extend(was_told.then_some(room));
        } else {
            let users = typists.map(|typists| typists.users.iter().filter(|user| self.may_hear(user)).cloned());
            let users: Vec<String> = users.into_iter().flatten().collect();
            let changed = task.newly || typists.is_none_or(|typists| typists.serial > known.serial);
            let types = !users.is_empty() && (was_told || token.typing.len() < TYPING_ROOMS);
            if types {
                token.typing.push(room);
            }
            if (types && (changed || !was_told)) || (was_told && !types) {
                task.ephemeral.typing = Some(users);
            }
        }
        if allowed {
            task.ephemeral.receipts = rows;
            task.ephemeral.receipts.sort_by(|a, b| {
                (&a.thread, &a.event_id, a.kind, &a.user_id).cmp(&(&b.thread, &b.event_id, b.kind, &b.user_id))
            });
        }
    }
}

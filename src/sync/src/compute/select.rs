//! Which rooms are told, as what, and from where on.

use std::collections::HashMap;

use rooms::read::{Standing, Viewer};
use store::{
    moderation::departures,
    rooms::{MemberRow, Membership, RoomRow},
    sync::{DeltaRow, Span, changed_rooms, changed_rooms_among, own_deltas, standing, standing_in},
};

use super::{Found, Question, Section, Task, Work, task::joined_viewer};
use crate::{Error, Result, follow::Kind};

/// Rooms up to which it pays to ask for these rooms rather than for all of the user.
const FEW: usize = 200;

type Row = (MemberRow, RoomRow);

impl Work<'_> {
    /// Chooses the rooms.
    pub(super) fn select(&mut self) -> Result<Found> {
        if let Some(tasks) = self.joined_all_along() {
            return Ok(Found { tasks, ..Found::default() });
        }
        let filter = self.question.filter.clone();
        let mut rows = self.rows()?;
        rows.retain(|(_, room)| filter.rooms.allows(&room.room_id));
        for (_, room) in &rows {
            self.rooms.insert(room.nid, room.clone());
        }
        let mut own = self.own_changes(&rows)?;
        let mut found = Found::default();
        for (member, room) in rows {
            let own = own.remove(&room.nid).unwrap_or_default();
            match member.membership() {
                Membership::Join => found.tasks.push(self.joined(Some(member), room, &own)),
                Membership::Invite => self.invited(Section::Invite, &member, &room, &mut found)?,
                Membership::Knock => self.invited(Section::Knock, &member, &room, &mut found)?,
                Membership::Leave | Membership::Ban => {
                    let task = self.left(member, room, &own)?;
                    found.tasks.push(task);
                }
            }
        }
        Ok(found)
    }

    /// Rooms that this server has deleted. Whoever entered one of the same id later is in that.
    pub(super) fn gone(&mut self, found: &Found) -> Result<Vec<String>> {
        let Question { since: Some(since), user, filter, .. } = self.question else { return Ok(Vec::new()) };
        if !self.sources.follower.departures.may_be_after(&mut self.conn, *since, self.end)? {
            return Ok(Vec::new());
        }
        let mut gone = departures(self.conn.open()?, user.as_str(), *since, self.end)?;
        gone.retain(|id| {
            let told = found.tasks.iter().any(|task| task.room.room_id == *id)
                || found.stripped.iter().any(|(_, room, _)| room == id)
                || found.foreign_left.iter().any(|(room, _)| room == id);
            !told && filter.rooms.allows(id)
        });
        Ok(gone)
    }

    fn rows(&mut self) -> Result<Vec<Row>> {
        let user = self.question.user.as_str();
        let Some(since) = self.question.since else {
            let mut only = vec![Membership::Join, Membership::Invite, Membership::Knock];
            if self.question.filter.include_leave {
                only.extend([Membership::Leave, Membership::Ban]);
            }
            return Ok(standing(self.conn.open()?, user, &only)?);
        };
        let mut rows = match self.sources.follower.tails.rooms_since(since, self.end) {
            Some(rooms) => match self.concerning(since, &rooms).unwrap_or(rooms) {
                rooms if rooms.is_empty() => Vec::new(),
                rooms if rooms.len() <= FEW => changed_rooms_among(self.conn.open()?, user, since, &rooms)?,
                _ => changed_rooms(self.conn.open()?, user, since)?,
            },
            None => changed_rooms(self.conn.open()?, user, since)?,
        };
        self.sources.follower.rows.keep_rooms(self.end, rows.iter().map(|(_, room)| room));
        if self.question.full_state {
            let changed: Vec<i64> = rows.iter().map(|(_, room)| room.nid).collect();
            let joined = standing(self.conn.open()?, user, &[Membership::Join])?;
            rows.extend(joined.into_iter().filter(|(_, room)| !changed.contains(&room.nid)));
        }
        Ok(rows)
    }

    /// Those of the rooms in which something happened to which the user was joined since the token, if it is known that
    /// they neither came nor went meanwhile.
    fn concerning(&self, since: i64, rooms: &[i64]) -> Option<Vec<i64>> {
        let (follower, user) = (&self.sources.follower, self.question.user.as_str());
        // In this order: whoever came or went since is known for it when the list of their rooms has changed.
        let (joined, followed_from) = follower.watches.joined_among(user, rooms)?;
        let moved = follower.lately.happened(Kind::Membership, user, since, self.end.max(followed_from));
        (!moved).then_some(joined)
    }

    /// The rooms that are told, if that is known without the database: most syncs come for something that was said a moment
    /// ago where the user is.
    fn joined_all_along(&mut self) -> Option<Vec<Task>> {
        let since = self.question.since.filter(|_| !self.question.full_state)?;
        let follower = &self.sources.follower;
        let rooms = self.concerning(since, &follower.tails.rooms_since(since, self.end)?)?;
        let rooms: Option<Vec<_>> = rooms.into_iter().map(|room| follower.rows.room(room, self.end)).collect();
        let mut tasks = Vec::new();
        for room in rooms? {
            if room.last_position > since && self.question.filter.rooms.allows(&room.room_id) {
                let room = RoomRow::clone(&room);
                self.rooms.insert(room.nid, room.clone());
                tasks.push(self.joined(None, room, &[]));
            }
        }
        Some(tasks)
    }

    /// How the user's own membership changed since the token, by room, and the events of that.
    fn own_changes(&mut self, rows: &[Row]) -> Result<HashMap<i64, Vec<DeltaRow>>> {
        let Some(since) = self.question.since else { return Ok(HashMap::new()) };
        let changed: Vec<i64> =
            rows.iter().filter(|(member, _)| member.position > since).map(|(_, room)| room.nid).collect();
        if changed.is_empty() {
            return Ok(HashMap::new());
        }
        let deltas = own_deltas(self.conn.open()?, &changed, self.question.user.as_str(), since, self.end)?;
        self.load(deltas.iter().flat_map(|delta| [delta.event, delta.replaced]).flatten())?;
        let mut by_room: HashMap<i64, Vec<DeltaRow>> = HashMap::new();
        for delta in deltas {
            by_room.entry(delta.room).or_default().push(delta);
        }
        Ok(by_room)
    }

    fn says_joined(&self, event: Option<i64>) -> bool {
        let event = event.and_then(|nid| self.loaded.get(nid));
        event.is_some_and(|event| event.membership == Some(Membership::Join))
    }

    fn joined(&self, member: Option<MemberRow>, room: RoomRow, own: &[DeltaRow]) -> Task {
        let since = self.question.since;
        let was_joined = own.first().is_none_or(|first| self.says_joined(first.replaced));
        let newly = since.is_none() || !was_joined;
        let after = if newly { 0 } else { since.unwrap_or(0) };
        let span = Span { room: room.nid, after, upto: self.end };
        let viewer = joined_viewer(&self.question.user);
        let full = newly || self.question.full_state;
        Task { newly, full, ..Task::new(Section::Join, room, member, viewer, span) }
    }

    /// A room that the user has left, told up to where they left it.
    fn left(&mut self, member: MemberRow, room: RoomRow, own: &[DeltaRow]) -> Result<Task> {
        let user = &self.question.user;
        let mut viewer = Viewer::with_member(self.conn.open()?, &self.sources.rooms, room.nid, user, Some(&member))?;
        if member.forgotten && !own.is_empty() {
            // Who forgets a room they have just left still hears that they have left it.
            let remembered = MemberRow { forgotten: false, ..member.clone() };
            viewer = Viewer::with_member(self.conn.open()?, &self.sources.rooms, room.nid, user, Some(&remembered))?;
        }
        let was_joined = own.first().is_some_and(|first| self.says_joined(first.replaced));
        let came_and_went = own.iter().any(|change| self.says_joined(change.event));
        let initial = self.question.since.is_none();
        let told = was_joined || came_and_went || initial;
        let after = if was_joined { self.question.since.unwrap_or(0) } else { 0 };
        let (upto, root) = match &viewer.standing {
            Standing::Departed { left, .. } if told => (left.position, Some(left.state_after)),
            _ => (member.position, None),
        };
        let span = Span { room: room.nid, after, upto };
        let task = Task::new(Section::Leave, room, Some(member), viewer, span);
        Ok(Task {
            newly: !was_joined,
            full: !was_joined || self.question.full_state,
            outside: root.is_none(),
            root: root.unwrap_or(store::state::EMPTY),
            ..task
        })
    }

    /// Joined rooms of which there is nothing but account data to tell.
    pub(super) fn select_quiet(&mut self, rooms: &[i64], found: &mut Found) -> Result<()> {
        for (member, room) in standing_in(self.conn.open()?, self.question.user.as_str(), rooms)? {
            if member.membership() != Membership::Join || !self.question.filter.rooms.allows(&room.room_id) {
                continue;
            }
            self.rooms.insert(room.nid, room.clone());
            let span = Span { room: room.nid, after: self.end, upto: self.end };
            let viewer = joined_viewer(&self.question.user);
            found.tasks.push(Task::new(Section::Join, room, Some(member), viewer, span));
        }
        Ok(())
    }

    fn invited(&mut self, section: Section, member: &MemberRow, room: &RoomRow, found: &mut Found) -> Result<()> {
        if section == Section::Invite && self.hides_invites_of(&member.sender) {
            return Ok(());
        }
        let state = self.stripped_state(member).map_err(|error| {
            tracing::warn!(room_id = %room.room_id, %error, "the state beside an invitation cannot be read");
            error
        })?;
        if state.is_empty() {
            return Err(Error::Internal(format!("an invitation to {} without an event", room.room_id)));
        }
        found.stripped.push((section, room.room_id.clone(), state));
        Ok(())
    }

    /// Blocked, or of somebody who is ignored, an invite is hidden as long as that is so (MSC4380).
    pub(super) fn hides_invites_of(&self, sender: &str) -> bool {
        let ignored = &self.question.preferences.ignored;
        self.question.preferences.invites_blocked || ignored.iter().any(|user| user.as_str() == sender)
    }
}

//! Who types in which room (client-server § Typing notifications).

use std::{collections::HashMap, time::Instant};

use super::Serials;

/// Users who type in one room at the same time; of more nothing is told.
const USERS: usize = 50;
/// Rooms in which somebody types at the same time; each has a few hundred bytes for a moment.
const ROOMS: usize = 20_000;

/// The rooms in which somebody types.
#[derive(Default)]
pub(crate) struct Typing {
    rooms: HashMap<i64, Typists>,
}

struct Typists {
    /// Users and when they stop if they say nothing, in the order in which they began.
    users: Vec<(String, Instant)>,
    serial: i64,
}

/// Who types in one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoomTyping {
    /// The room's number.
    pub room: i64,
    /// The number of the newest change.
    pub serial: i64,
    /// Who types.
    pub users: Vec<String>,
}

impl Typing {
    /// Notes that a user types until then. Gives the number of the change if they did not yet.
    pub fn start(&mut self, room: i64, user_id: &str, until: Instant, serials: &Serials<'_>) -> Option<i64> {
        if self.rooms.len() >= ROOMS && !self.rooms.contains_key(&room) {
            return None;
        }
        let typists = self.rooms.entry(room).or_insert_with(|| Typists { users: Vec::new(), serial: 0 });
        if let Some((_, end)) = typists.users.iter_mut().find(|(user, _)| user == user_id) {
            *end = until;
            return None;
        }
        if typists.users.len() >= USERS {
            return None;
        }
        typists.users.push((user_id.to_owned(), until));
        typists.serial = serials.next();
        Some(typists.serial)
    }

    /// Notes that a user has stopped. Gives the number of the change if they typed.
    pub fn stop(&mut self, room: i64, user_id: &str, serials: &Serials<'_>) -> Option<i64> {
        self.keep(room, serials, |(user, _)| user != user_id)
    }

    /// Who has said nothing for too long.
    pub fn over(&self, now: Instant) -> impl Iterator<Item = (i64, &str)> {
        let users = self.rooms.iter().flat_map(|(room, typists)| typists.users.iter().map(|user| (*room, user)));
        users.filter(move |(_, (_, end))| *end <= now).map(|(room, (user, _))| (room, user.as_str()))
    }

    /// Forgets who has said nothing for too long: rooms and the numbers of the changes.
    pub fn expire(&mut self, now: Instant, serials: &Serials<'_>) -> Vec<(i64, i64)> {
        let over = |typists: &Typists| typists.users.iter().any(|(_, end)| *end <= now);
        let rooms: Vec<i64> = self.rooms.iter().filter(|(_, typists)| over(typists)).map(|(room, _)| *room).collect();
        let change = |room| Some((room, self.keep(room, serials, |(_, end)| *end > now)?));
        rooms.into_iter().filter_map(change).collect()
    }

    fn keep(&mut self, room: i64, serials: &Serials<'_>, stays: impl Fn(&(String, Instant)) -> bool) -> Option<i64> {
        let typists = self.rooms.get_mut(&room)?;
        let before = typists.users.len();
        typists.users.retain(stays);
        if typists.users.len() == before {
            return None;
        }
        typists.serial = serials.next();
        let serial = typists.serial;
        // The tokens of those who were told know that there was somebody.
        if typists.users.is_empty() {
            self.rooms.remove(&room);
        }
        Some(serial)
    }

    /// When the next one stops.
    pub fn next_end(&self) -> Option<Instant> {
        self.rooms.values().flat_map(|typists| typists.users.iter().map(|(_, end)| *end)).min()
    }

    /// Who types in those of the rooms that concern somebody.
    pub fn rooms(&self, concerns: impl Fn(i64) -> bool) -> Vec<RoomTyping> {
        let wanted = self.rooms.iter().filter(|(room, _)| concerns(**room));
        let users = |typists: &Typists| typists.users.iter().map(|(user, _)| user.clone()).collect();
        wanted.map(|(room, it)| RoomTyping { room: *room, serial: it.serial, users: users(it) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicI64, time::Duration};

    use super::*;

    #[test]
    fn typing_begins_ends_and_runs_out() {
        let (counter, now) = (AtomicI64::new(0), Instant::now());
        let serials = Serials(&counter);
        let later = |seconds| now + Duration::from_secs(seconds);
        let mut typing = Typing::default();
        assert_eq!(typing.start(7, "@a:b", later(5), &serials), Some(1));
        assert_eq!(typing.start(7, "@a:b", later(9), &serials), None);
        assert_eq!(typing.start(7, "@c:d", later(3), &serials), Some(2));
        assert_eq!(typing.next_end(), Some(later(3)));
        let users = |typing: &Typing| typing.rooms(|room| room == 7).pop().map(|room| room.users);
        assert_eq!(users(&typing), Some(vec!["@a:b".into(), "@c:d".into()]));
        assert_eq!(typing.expire(later(5), &serials), [(7, 3)]);
        assert_eq!(typing.stop(7, "@c:d", &serials), None);
        assert_eq!(typing.stop(7, "@a:b", &serials), Some(4));
        assert_eq!((users(&typing), typing.next_end()), (None, None));
    }

    #[test]
    fn a_crowd_is_bounded() {
        let counter = AtomicI64::new(0);
        let mut typing = Typing::default();
        for n in 0..USERS * 2 {
            typing.start(7, &format!("@{n}:b"), Instant::now(), &Serials(&counter));
        }
        assert_eq!(typing.rooms(|_| true)[0].users.len(), USERS);
    }
}

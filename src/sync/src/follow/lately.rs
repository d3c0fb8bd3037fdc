//! What happened lately to users and to the states of rooms, so that a sync asks the database only for what may be there.

use std::collections::HashMap;

use parking_lot::Mutex;
use store::{Committed, LogKind};

/// Users and rooms that are remembered, about 150 bytes each.
const REMEMBERED: usize = 8_192;

/// What happens to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Account data changed.
    AccountData,
    /// Messages came for a device.
    ToDevice,
    /// What is unread changed without an event.
    Unread,
    /// The membership in a room that is here changed.
    Membership,
    /// The membership in a room elsewhere changed.
    Elsewhere,
}
const KINDS: usize = 5;

#[derive(Default)]
struct Inner {
    /// The last position before which something is not known any more; none before the first commit.
    from: Option<i64>,
    /// The newest position seen.
    upto: i64,
    /// The newest position of each kind, by user.
    users: HashMap<String, [i64; KINDS]>,
    /// The newest position at which the current state changed, by room.
    states: HashMap<i64, i64>,
}

/// What happened lately. It may say that something happened that did not, but not the other way round.
#[derive(Default)]
pub(crate) struct Lately {
    inner: Mutex<Inner>,
}

impl Lately {
    /// Takes note of a commit.
    pub fn committed(&self, committed: &Committed) {
        let mut inner = self.inner.lock();
        let before = committed.entries.first().map_or(committed.position, |entry| entry.position - 1);
        inner.from.get_or_insert(before);
        inner.upto = inner.upto.max(committed.position);
        for entry in &committed.entries {
            let kind = match (entry.kind, entry.room) {
                (LogKind::AccountData, _) => Kind::AccountData,
                (LogKind::ToDevice, _) => Kind::ToDevice,
                (LogKind::Receipt | LogKind::Unread, _) => Kind::Unread,
                (LogKind::Membership, Some(_)) => Kind::Membership,
                (LogKind::Membership, None) => Kind::Elsewhere,
                _ => continue,
            };
            if let Some(user) = &entry.user {
                inner.note(user, kind, entry.position);
            }
        }
        for room in &committed.restated {
            inner.states.insert(*room, committed.position);
        }
        if inner.users.len() + inner.states.len() > REMEMBERED {
            inner.forget_half();
        }
    }

    /// Whether something of this kind may have happened to a user after `since` and up to `end`.
    pub fn happened(&self, kind: Kind, user_id: &str, since: i64, end: i64) -> bool {
        let inner = self.inner.lock();
        let newest = inner.users.get(user_id).and_then(|newest| newest.get(kind as usize));
        !inner.covers(since, end) || newest.is_some_and(|newest| *newest > since)
    }

    /// Whether the current state of a room may have changed after `since` and up to `end`.
    pub fn state_changed(&self, room: i64, since: i64, end: i64) -> bool {
        let inner = self.inner.lock();
        !inner.covers(since, end) || inner.states.get(&room).is_some_and(|newest| *newest > since)
    }
}

impl Inner {
    /// Whether all is known that happened after `since` and up to `end`. A snapshot may show a commit that was not announced
    /// yet.
    fn covers(&self, since: i64, end: i64) -> bool {
        end <= self.upto && self.from.is_some_and(|from| from <= since)
    }

    fn note(&mut self, user_id: &str, kind: Kind, position: i64) {
        if !self.users.contains_key(user_id) {
            self.users.insert(user_id.to_owned(), [0; KINDS]);
        }
        if let Some(newest) = self.users.get_mut(user_id).and_then(|newest| newest.get_mut(kind as usize)) {
            *newest = position.max(*newest);
        }
    }

    /// Forgets the half of them to whom nothing has happened for longest.
    fn forget_half(&mut self) {
        let newest = |of_user: &[i64; KINDS]| of_user.iter().copied().max().unwrap_or_default();
        let mut positions: Vec<i64> = self.users.values().map(newest).chain(self.states.values().copied()).collect();
        positions.sort_unstable();
        let middle = positions.get(positions.len() / 2).copied().unwrap_or_default();
        self.users.retain(|_, of_user| newest(of_user) > middle);
        self.states.retain(|_, position| *position > middle);
        self.from = self.from.max(Some(middle));
    }
}

#[cfg(test)]
mod tests {
    use store::LogEntry;

    use super::*;

    fn commit(position: i64, kind: LogKind, room: Option<i64>, user: Option<&str>) -> Committed {
        let entry = LogEntry { position, kind, room, user: user.map(str::to_owned), row: None };
        Committed { position, entries: vec![entry], ..Committed::default() }
    }

    #[test]
    fn each_kind_is_known_by_itself() {
        let lately = Lately::default();
        let happened = |kind, since, end| lately.happened(kind, "@a:b", since, end);
        assert!(happened(Kind::ToDevice, 0, 0), "nothing is known yet");
        for (position, kind, room, noted) in [
            (10, LogKind::AccountData, Some(1), Kind::AccountData),
            (11, LogKind::ToDevice, None, Kind::ToDevice),
            (12, LogKind::Receipt, Some(1), Kind::Unread),
            (13, LogKind::Membership, Some(1), Kind::Membership),
            (14, LogKind::Membership, None, Kind::Elsewhere),
        ] {
            lately.committed(&commit(position, kind, room, Some("@a:b")));
            assert!(happened(noted, position - 1, position) && !happened(noted, position, position));
        }
        lately.committed(&commit(15, LogKind::ToDevice, None, Some("@b:b")));
        assert!(happened(Kind::ToDevice, 10, 15) && !happened(Kind::ToDevice, 11, 15));
        assert!(!happened(Kind::Elsewhere, 14, 15));
        // What came before the first commit, and what is not announced yet.
        assert!(happened(Kind::Elsewhere, 8, 15) && happened(Kind::Elsewhere, 15, 16));
        assert!(!lately.happened(Kind::ToDevice, "@c:b", 9, 15));
    }

    #[test]
    fn states_are_known_by_room() {
        let lately = Lately::default();
        lately.committed(&commit(5, LogKind::Event, Some(7), None));
        lately.committed(&Committed { restated: vec![7], ..commit(6, LogKind::Event, Some(7), None) });
        lately.committed(&commit(7, LogKind::Event, Some(7), None));
        let changed = |room, since| lately.state_changed(room, since, 7);
        assert!(changed(7, 5) && !changed(7, 6) && !changed(8, 4) && changed(8, 3));
    }

    #[test]
    fn what_was_forgotten_is_not_denied() {
        let lately = Lately::default();
        let users = REMEMBERED as i64 + 1;
        for position in 1..=users {
            lately.committed(&commit(position, LogKind::ToDevice, None, Some(&format!("@{position}:b"))));
        }
        let happened = |user: i64, since| lately.happened(Kind::ToDevice, &format!("@{user}:b"), since, users);
        assert!(happened(1, 0) && happened(9, 1));
        assert!(happened(users, users - 1) && !happened(users - 1, users - 1) && !happened(1, users - 1));
        assert!(lately.inner.lock().users.len() <= REMEMBERED / 2 + 1);
    }
}
